-- Paths through JSON documents as MongoDB follows them. One row for everything at the path: an array on the way stands
-- for those of its elements that are objects (and for one of them, where the path says its number). What is missing is
-- a null row.
create function v2_nodes(document jsonb, path text[]) returns setof jsonb language plpgsql immutable as $$
declare
  element jsonb;
begin
  if cardinality(path) = 0 then
    return next document;
  elsif jsonb_typeof(document) = 'object' then
    return query select v2_nodes(document -> path[1], path[2:]);
  elsif jsonb_typeof(document) = 'array' then
    for element in select * from jsonb_array_elements(document) loop
      if jsonb_typeof(element) = 'object' then
        return query select v2_nodes(element -> path[1], path[2:]);
      end if;
    end loop;
    if path[1] ~ '^\d{1,5}$' and jsonb_array_length(document) > path[1]::integer then
      return query select v2_nodes(document -> path[1]::integer, path[2:]);
    end if;
  else
    return next null;
  end if;
end
$$;

-- The same with the elements of arrays at the end of the path.
create function v2_values(document jsonb, path text[]) returns setof jsonb language sql immutable as $$
  select node from v2_nodes(document, path) node
  union all
  select element from v2_nodes(document, path) node,
    jsonb_array_elements(case when jsonb_typeof(node) = 'array' then node else '[]' end) element
$$;

-- A config as v2 shows it: what follows from the store, but for keys whose kept value still stands (src/mapping, Kept).
create function v2_shown_config(derived jsonb, kept jsonb) returns jsonb language sql immutable as $$
  select (derived - coalesce(array_agg(name), '{}'))
    || coalesce(jsonb_object_agg(name, entry -> 'value') filter (where entry ? 'value'), '{}')
  from jsonb_each(kept) each (name, entry)
  where (derived -> name) is not distinct from (entry -> 'instead_of')
$$;

-- Units are looked for by name and by checksum among all units of their type.
create index content_relative_path on content (type, (attributes ->> 'relative_path'));
create index content_sha256 on content (type, (attributes ->> 'sha256'));
