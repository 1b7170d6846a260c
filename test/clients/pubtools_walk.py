"""A v2 client's day with pubtools-pulplib, unmodified. usage: pubtools_walk.py BASE_URL PASSWORD FEED"""
import io
import sys

from pubtools.pulplib import Client, Criteria, Distributor, FileRepository, FileSyncOptions, Matcher

base, password, feed = sys.argv[1:]
client = Client(base, auth=("admin", password), verify=False, task_throttle=20)


def done(future):
    return future.result(timeout=60)


def succeeded(future):
    tasks = done(future)
    assert tasks and all(task.succeeded for task in tasks), tasks
    return tasks


def make(repo_id):
    distributors = [Distributor(id="iso_distributor", type_id="iso_distributor", repo_id=repo_id, relative_url=repo_id)]
    return done(client.create_repository(FileRepository(id=repo_id, relative_url=repo_id, distributors=distributors)))


def paths(repository, criteria=None):
    return sorted(unit.path for unit in done(repository.search_content(criteria)))


source, target = make("pubtools-source"), make("pubtools-target")
assert "iso" in done(client.get_content_type_ids())
found = done(client.search_repository(Criteria.with_field("id", Matcher.regex("^pubtools-"))))
assert sorted(repository.id for repository in found) == [source.id, target.id]

succeeded(source.sync(FileSyncOptions(feed=feed)))
assert paths(source) == ["1.iso", "2.iso", "3.iso"]
assert paths(source, Criteria.with_field("path", "2.iso")) == ["2.iso"]

succeeded(source.upload_file(io.BytesIO(b"in memory"), relative_url="up.txt", description="uploaded"))
assert paths(source) == ["1.iso", "2.iso", "3.iso", "up.txt"]

copied = done(client.copy_content(source, target, Criteria.with_field("path", Matcher.in_(["1.iso", "up.txt"]))))
assert all(task.succeeded for task in copied), copied
assert paths(target) == ["1.iso", "up.txt"]

unwanted = Criteria.and_(Criteria.with_field("content_type_id", "iso"), Criteria.with_field("path", "1.iso"))
succeeded(target.remove_content(criteria=unwanted))
assert paths(target) == ["up.txt"]

succeeded(source.publish())
succeeded(target.publish())
succeeded(target.delete())
assert done(client.search_repository(Criteria.with_id(target.id))).data == []
print("all done")
