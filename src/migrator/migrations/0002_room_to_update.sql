-- Rows of the work table are written twice more in place: where the page has room, without touching the index.
alter table migration_unit set (fillfactor = 45);
