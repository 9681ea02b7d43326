# SPDX-License-Identifier: MIT
"""What prshm-protocol(7) says of each operation: memory, names, rights and lifetimes."""

import errno
import fcntl
import os
import resource
import stat
import time

from client import (Counter, Entry, Flag, Kind, Lifetime, Limit, Op, PAIR, Resource, Right,
                    SEALS_NEEDED, SegmentFlag, Status, map_descriptor)
from harness import CREATE_NEW, NOBODY, PAGE, create, is_gone, point, refused, until
@point
def what_one_connection_writes_another_reads(broker):
    with broker.connect() as one, broker.connect() as two:
        with create(one, "/a") as mine, two.open("/a") as theirs:
            assert (mine.number, mine.size) == (theirs.number, theirs.size) == (1, PAGE)
            assert mine.access == theirs.access == Right.READ | Right.WRITE
            with mine.map() as writer, theirs.map() as reader:
                assert reader[:] == bytes(PAGE)
                writer[100:105] = b"hello"
                assert reader[100:105] == b"hello"


@point
def the_descriptor_has_the_size_and_the_seals(broker):
    with broker.connect() as connection, create(connection, "/a", 12345) as segment:
        status = os.fstat(segment.descriptor)
        assert status.st_size == segment.size == 12345
        assert stat.S_IMODE(status.st_mode) == 0o600
        seals = fcntl.fcntl(segment.descriptor, fcntl.F_GET_SEALS)
        assert seals & SEALS_NEEDED == SEALS_NEEDED and not seals & fcntl.F_SEAL_WRITE
        assert fcntl.fcntl(segment.descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
        for size in (12344, 12346):
            try:
                os.ftruncate(segment.descriptor, size)
            except PermissionError:
                continue
            raise AssertionError("the size changed")


def is_read_only(descriptor, size):
    assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    map_descriptor(descriptor, size, False).close()
    try:
        map_descriptor(descriptor, size, True).close()
    except PermissionError:
        return True
    return False


@point
def reopen_gives_a_descriptor_that_cannot_be_mapped_writable(broker):
    with broker.connect() as connection:
        with create(connection, "/a") as segment, segment.map() as memory:
            descriptor = connection.reopen(segment.number, PAGE)
            try:
                assert is_read_only(descriptor, PAGE)
                assert os.path.samestat(os.fstat(descriptor), os.fstat(segment.descriptor))
                memory[:3] = b"new"
                with map_descriptor(descriptor, PAGE, False) as again:
                    assert again[:3] == b"new"
            finally:
                os.close(descriptor)
            assert connection.stat("/a")[0].holders == 1
            connection.delete("/a")
            os.close(connection.reopen(segment.number, PAGE))
        for number in (0, segment.number, 1000):
            with refused(Status.NOT_FOUND):
                connection.reopen(number, PAGE)


@point
def a_full_descriptor_table_is_an_error_and_leaves_no_handle(broker):
    with broker.connect() as connection, create(connection, "/a"):
        free = os.open("/dev/null", os.O_RDONLY)
        os.close(free)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, limits[1]))
        try:
            for call in (lambda: connection.open("/a"), lambda: connection.anonymous(PAGE),
                         lambda: connection.reopen(1, PAGE)):
                try:
                    call()
                except OSError as error:
                    assert error.errno == errno.EMFILE
                else:
                    raise AssertionError("a descriptor came all the same")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert connection.stat("/a")[0].holders == len(list(connection.list())) == 1


def requests_of(connection, op):
    return connection.status()[1].get((Counter.REQUESTS, op), 0)


@point
def many_are_opened_at_once_and_each_for_itself(broker):
    names = [f"/many/{index}" for index in range(50)]
    with broker.connect() as connection:
        for index, name in enumerate(names):
            create(connection, name, size=PAGE + index).close()
        before = requests_of(connection, Op.OPEN_MANY)
        segments = connection.open_many(names)
        assert requests_of(connection, Op.OPEN_MANY) == before + 1
        assert [segment.size for segment in segments] == [PAGE + index for index in range(50)]
        with segments[7].map() as memory:
            memory[:5] = b"hello"
        with connection.open(names[7]) as segment, segment.map() as memory:
            assert memory[:5] == b"hello"
        for segment in segments:
            segment.close()
        assert connection.stat(names[7])[0].holders == 0
        wrong = connection.open_many(["/many/0", "/none", "many", "/many/0"], size=PAGE)
        assert [str(one) for one in wrong[1:3]] == ["NOT_FOUND", "BAD_NAME"]
        assert wrong[0].handle != wrong[3].handle
        assert connection.stat("/many/0")[0].holders == 2
        assert str(connection.open_many(["/many/0"], size=2 * PAGE)[0]) == "BAD_SIZE"
        readonly, = connection.open_many(["/many/0"], flags=Flag.READONLY)
        assert readonly.access == Right.READ and is_read_only(readonly.descriptor, PAGE)
        for segment in readonly, wrong[0], wrong[3]:
            segment.close()


@point
def more_names_than_one_reply_or_request_holds_take_several(broker):
    with broker.connect() as connection:
        long = "/" + "/".join(["x" * 200] * 4)
        for name in long, "/short":
            create(connection, name).close()
        for name, count in (long, 20), ("/short", 150):
            segments = connection.open_many([name] * count)
            assert len({segment.handle for segment in segments}) == count
            assert connection.stat(name)[0].holders == count
            for segment in segments:
                segment.close()


@point
def many_that_find_no_room_in_the_descriptor_table_leave_no_handle(broker):
    with broker.connect() as connection:
        create(connection, "/a").close()
        free = os.open("/dev/null", os.O_RDONLY)
        os.close(free)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 3, limits[1]))
        try:
            results = connection.open_many(["/a"] * 10)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        opened = [one for one in results if not isinstance(one, OSError)]
        assert opened == results[:len(opened)] and len(opened) < 10
        assert connection.stat("/a")[0].holders == len(opened)
        for segment in opened:
            segment.close()


@point
def an_open_with_readonly_gives_no_more_than_that(broker):
    with broker.connect() as connection:
        with create(connection, "/a", flags=CREATE_NEW | Flag.READONLY) as segment:
            assert segment.access == Right.READ and is_read_only(segment.descriptor, PAGE)
        with connection.open("/a") as segment:
            assert segment.access == Right.READ | Right.WRITE


# Names


@point
def excl_refuses_what_exists(broker):
    with broker.connect() as connection, create(connection, "/a") as segment:
        for size in (PAGE, 2 * PAGE):
            with refused(Status.EXISTS):
                create(connection, "/a", size)
        for flags in (Flag.CREATE, Flag.EXCL, 0):
            with connection.open("/a", 0, flags) as again:
                assert again.number == segment.number
        with refused(Status.NOT_FOUND):
            connection.open("/b", PAGE, Flag.EXCL)


@point
def a_bad_size_is_refused(broker):
    with broker.connect() as connection:
        with refused(Status.BAD_SIZE):
            create(connection, "/a", 0)
        with refused(Status.BAD_SIZE):
            connection.anonymous(0)
        for size in (1 << 62, 1 << 63, (1 << 64) - 1):
            with refused(Status.TOO_BIG):
                create(connection, "/a", size)
            with refused(Status.TOO_BIG):
                connection.anonymous(size)
        with create(connection, "/a", 100):
            with refused(Status.BAD_SIZE):
                connection.open("/a", 101)
            with connection.open("/a", 1) as segment:
                assert segment.size == 100


@point
def an_open_of_what_exists_ignores_what_is_for_new_segments(broker):
    entries = 2 * [Entry(1, Kind.USER, Right.READ)]
    with broker.connect() as connection, create(connection, "/a", mode=0o7604):
        before, _ = connection.stat("/a")
        assert before.mode == 0o604
        connection.open("/a", 0, 1 << 31, 0xFFFFFFFF, 77, 99, entries).close()
        after, _ = connection.stat("/a")
        fields = "mode lifetime linger entry_count created".split()
        assert all(getattr(before, field) == getattr(after, field) for field in fields)
        for rest in ({"lifetime": 3}, {"entries": entries}):
            with refused(Status.BAD_RIGHTS):
                create(connection, "/b", **rest)


@point
def a_name_that_is_not_in_form_is_refused(broker):
    bad = ["", "/", "a", "ab", "//", "/a/", "/a//b", "/.", "/a/..", "/./b", b"/a\0b", "/" * 1023,
           "/a" * 512, "x" * 2000, "/a//" + "b" * 256]
    with broker.connect() as connection:
        for name in bad:
            for call in (connection.open, connection.stat, connection.delete):
                with refused(Status.BAD_NAME):
                    call(name)
        for name in ("/" + "a" * 256, "/b/" + "a" * 256 + "//"):
            with refused(Status.NAME_TOO_LONG):
                connection.stat(name)
        for name in ("/" + "a" * 255, "/..." + "/a" * 509 + "b", b"/\xff\n \\"):
            with create(connection, name):
                assert connection.stat(name)[0].name_length == len(name)


@point
def delete_takes_the_name_and_leaves_the_memory(broker):
    with broker.connect() as connection:
        with create(connection, "/a") as segment, segment.map() as memory:
            connection.delete("/a")
            for call in (connection.stat, connection.open, connection.delete):
                with refused(Status.NOT_FOUND):
                    call("/a")
            assert list(connection.list("/")) == []
            with create(connection, "/a") as second:
                assert second.number > segment.number
            memory[:4] = b"good"


# What the broker tells


@point
def stat_has_all_fields(broker):
    before = time.time_ns()
    with broker.connect() as connection:
        with create(connection, "/a/b", PAGE + 1, mode=0o640, linger=3600) as segment:
            with segment.map() as memory:
                memory[0] = 1
            state, entries = connection.stat("/a/b")
            assert state.used > 0 and entries == []
            coarse = 10 ** 9  # the broker's clock need not be as fine as ours
            assert before - coarse <= state.created <= state.opened <= time.time_ns() + coarse
            fixed = state._replace(used=0, created=0, opened=0)
            assert fixed == (segment.number, PAGE + 1, 0, 0, 0, os.geteuid(), os.getegid(),
                             0o640, 1, Lifetime.KEPT, 0, 3600, 0, 4), fixed


@point
def holders_go_down_with_each_close_and_with_the_connection(broker):
    with broker.connect() as watcher, broker.connect() as connection:
        opens = [connection.open("/a", PAGE, Flag.CREATE) for _ in range(3)]
        assert len({segment.handle for segment in opens}) == 3
        assert watcher.stat("/a")[0].holders == 3
        opens.pop().close()
        # CLOSE has no reply; that of the next request comes after it was done.
        assert connection.stat("/a")[0].holders == 2
        connection.close_handle(12345)
        assert connection.stat("/a")[0].holders == 2
        connection.close()
        until(lambda: watcher.stat("/a")[0].holders == 0)
        for segment in opens:
            segment.close()


@point
def a_list_of_more_than_100_segments_comes_in_pages(broker):
    names = [b"/list/%d" % number for number in range(130)]
    with broker.connect() as connection:
        for name in names:
            create(connection, name).close()
        create(connection, "/lis").close()
        following, page = connection.list_page(prefix="/list/")
        assert following and 0 < len(page) < 130
        whole = list(connection.list("/list/"))
        assert [name for _, name in whole] == names
        assert [state.segment for state, _ in whole] == list(range(1, 131))
        for state, name in whole[::40]:
            assert state == connection.stat(name)[0]
        assert len(list(connection.list())) == len(list(connection.list("/lis"))) == 131
        assert list(connection.list("/list/0/")) == []
        assert connection.list_page((1 << 64) - 1) == (0, [])


# Rights


@point
def mode_and_entries_are_set_and_read_back(broker):
    many = [Entry(uid, Kind.USER, Right.READ) for uid in range(32)]
    some = [Entry(1000, Kind.USER, Right.READ | Right.WRITE), Entry(1000, Kind.GROUP, 0),
            Entry(7, Kind.USER, Right.DELETE | Right.MANAGE)]
    with broker.connect() as connection, create(connection, "/a", entries=many):
        assert set(connection.stat("/a")[1]) == set(many)
        connection.set_rights("/a", 0o644, some)
        state, entries = connection.stat("/a")
        assert state.mode == 0o644 and state.entry_count == 3 and set(entries) == set(some)
        twice = 2 * some[:1]
        wrong = (twice, [Entry(0xFFFFFFFF, 1, 1)], [Entry(1, 3, 1)], [Entry(1, 1, 16)],
                 many + some[:1])
        for entries in wrong:
            with refused(Status.BAD_RIGHTS):
                connection.set_rights("/a", 0o600, entries)
        with refused(Status.BAD_RIGHTS):
            connection.set_rights("/a", 0o1000)
        assert connection.stat("/a")[0] == state
        connection.set_rights("/a", 0o600)
        assert connection.stat("/a")[1] == []


@point
def another_user_may_do_what_mode_and_entries_say(broker):
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        with create(root, "/a", mode=0o600) as segment:
            for call, status in ((nobody.open, Status.DENIED), (nobody.delete, Status.DENIED),
                                 (nobody.stat, Status.NOT_FOUND)):
                with refused(status):
                    call("/a")
            with refused(Status.NOT_FOUND):
                nobody.reopen(segment.number, PAGE)
            for change in (lambda: nobody.set_rights("/a", 0o666),
                           lambda: nobody.set_owner("/a", NOBODY)):
                with refused(Status.DENIED):
                    change()
            assert list(nobody.list()) == []
            root.set_rights("/a", 0o600, [Entry(NOBODY, Kind.USER, Right.READ)])
            with nobody.open("/a") as theirs:
                assert theirs.access == Right.READ and is_read_only(theirs.descriptor, PAGE)
            root.set_rights("/a", 0o606)
            with nobody.open("/a") as theirs:
                assert theirs.access == Right.READ | Right.WRITE
            with refused(Status.NOT_OWNER):
                nobody.delete("/a")
            root.set_owner("/a", NOBODY)
            state, _ = nobody.stat("/a")
            assert (state.uid, state.gid) == (NOBODY, 0)
            with refused(Status.NOT_OWNER):
                nobody.set_owner("/a", 0)
            nobody.delete("/a")


@point
def whoever_makes_a_small_segment_fills_it_or_takes_it_back(broker):
    with broker.connect() as maker, broker.connect() as other:
        with create(maker, "/a") as mine, other.open("/a") as theirs:
            assert mine.is_to_be_filled and not theirs.is_to_be_filled
            other.take_back(theirs.handle)
            other.stat("/a")
            maker.take_back(mine.handle)
            with refused(Status.NOT_FOUND):
                maker.stat("/a")
        with create(maker, "/a", flags=CREATE_NEW | Flag.NO_PREALLOCATE) as mine:
            assert not mine.is_to_be_filled


@point
def a_creator_without_access_gets_no_descriptor(broker):
    with broker.connect_as_nobody() as nobody:
        with create(nobody, "/a", mode=0) as segment:
            assert segment.access == 0 and segment.descriptor is None
            assert nobody.stat("/a")[0].holders == 1
            with refused(Status.DENIED):
                nobody.open("/a")


@point
def explain_tells_whether_and_why(broker):
    with broker.connect() as connection, create(connection, "/a"):
        for right in Right.READ, Right.WRITE, Right.DELETE, Right.MANAGE, Right.CREATE:
            allowed, why = connection.explain("/a", right)
            assert allowed and 0 < len(os.fsencode(why)) <= 1024
        assert connection.explain("/b", Right.CREATE)[0]
        with refused(Status.NOT_FOUND):
            connection.explain("/b", Right.READ)
        for right in 0, Right.READ | Right.WRITE, 32:
            with refused(Status.BAD_RIGHTS):
                connection.explain("/a", right)
        with refused(Status.BAD_NAME):
            connection.explain("a", Right.READ)


@point
def explain_tells_another_user_what_is_denied(broker):
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        with create(root, "/a", mode=0o604):
            assert nobody.explain("/a", Right.READ)[0]
            allowed, why = nobody.explain("/a", Right.WRITE)
            assert not allowed and why


@point
def root_is_told_why_another_may_or_may_not(broker):
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        with create(root, "/a", mode=0o640):
            assert not root.explain("/a", Right.READ, (7, 8))[0]
            assert root.explain("/a", Right.READ, (7, 8, 9, 0))[0]
            with refused(Status.BAD_RIGHTS):
                root.explain("/a", Right.READ, (7,))
            with refused(Status.DENIED):
                nobody.explain("/a", Right.READ, (7, 8))


# Who has what


@point
def holders_are_told_page_after_page(broker):
    with broker.connect() as one, broker.connect() as two, broker.connect_as_nobody() as nobody:
        segments = [create(one, "/a", flags=Flag.CREATE) for _ in range(300)]
        segments.append(two.open("/a", flags=Flag.READONLY))
        holders = list(two.holders(segments[0].number))
        assert [holder.handle for holder in holders] == [segment.handle for segment in segments]
        assert {holder.pid for holder in holders} == {os.getpid()}
        assert {holder.uid for holder in holders} == {os.getuid()}
        assert len({holder.connection for holder in holders}) == 2
        assert [holder.access for holder in holders] == 300 * [3] + [1]
        assert all(abs(holder.since / 1e9 - time.time()) < 1000 for holder in holders)
        with refused(Status.NOT_FOUND):
            list(nobody.holders(segments[0].number))
        for segment in segments:
            segment.close()
        assert list(one.holders(segments[0].number)) == []


@point
def what_was_deleted_is_found_while_it_is_held(broker):
    with broker.connect() as connection, create(connection, "/a") as segment:
        connection.delete("/a")
        (state, name), = connection.list()
        assert (state.flags, name) == (SegmentFlag.DELETED, b"/a")
        assert list(connection.list("/")) == []
        assert len(list(connection.holders(segment.number))) == 1
        with connection.anonymous(PAGE):
            assert [state.flags for state, _ in connection.list()] == [
                SegmentFlag.DELETED, SegmentFlag.ANONYMOUS]


@point
def accounts_tell_what_users_have(broker):
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        with create(nobody, "/a"):
            (uid, usages), = nobody.accounts()
            assert uid == NOBODY and [usage.resource for usage in usages] == list(Resource)
            assert [usage.used for usage in usages] == [1, PAGE, 1, 1, 0]
            assert {usage.kind for usage in usages} == {Limit.SHARE}
            assert [uid for uid, _ in root.accounts()] == [0, NOBODY]
            assert [uid for uid, _ in root.accounts(1)] == [NOBODY]
            assert {usage.kind for usage in next(root.accounts(0, True))[1]} == {Limit.NONE}
            with refused(Status.DENIED):
                list(nobody.accounts(0, True))


@point
def observers_see_all_and_read_nothing(broker):
    broker.restart(f"[broker]\nobservers = {NOBODY}\n")
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        with create(root, "/a", mode=0o600) as segment:
            assert [name for _, name in nobody.list()] == [b"/a"]
            assert len(list(nobody.holders(segment.number))) == 1
            assert len(list(nobody.accounts())) == 2
            assert nobody.explain("/a", Right.WRITE, (0, 0))[0]
            with refused(Status.DENIED):
                nobody.open("/a")


@point
def status_tells_what_there_is_and_what_was_done(broker):
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        before = nobody.status()[1]
        with create(root, "/a"), refused(Status.DENIED):
            nobody.open("/a")
        root.delete("/a")
        condition, counters, version = nobody.status()
        counted = {key: counters[key] - before[key] for key in counters}
        assert counted[Counter.REQUESTS, Op.OPEN] == 2
        assert [counted[counter, 0] for counter in range(Counter.OPENS, Counter.ACCEPTED)] == [
            1, 1, 1, 1, 1, 0]
        assert condition.segments == condition.handles == condition.restarts == 0
        assert condition.users == 2 and condition.connections == 2
        assert abs(condition.started / 1e9 - time.time()) < 1000
        assert version


# Lifetimes


@point
def a_segment_until_unused_goes_with_its_last_handle(broker):
    with broker.connect() as connection, broker.connect() as other:
        first = create(connection, "/a", lifetime=Lifetime.UNTIL_UNUSED)
        second = other.open("/a")
        assert connection.stat("/a")[0].lifetime == Lifetime.UNTIL_UNUSED
        first.close()
        assert connection.stat("/a")[0].holders == 1
        other.close()
        until(lambda: is_gone(connection, "/a"))
        second.close()


@point
def a_segment_with_a_linger_goes_after_it(broker):
    with broker.connect() as connection:
        create(connection, "/a", lifetime=Lifetime.KEPT, linger=1).close()
        until(lambda: is_gone(connection, "/a"))


@point
def anonymous_memory_is_found_by_its_token(broker):
    with broker.connect() as one, broker.connect() as two:
        with one.anonymous(PAGE) as mine, two.redeem(mine.token) as theirs:
            assert (mine.number, PAGE) == (theirs.number, theirs.size)
            assert mine.access == theirs.access == Right.READ | Right.WRITE
            with mine.map() as writer, theirs.map() as reader:
                writer[:5] = b"token"
                assert reader[:5] == b"token"
            (state, name), = two.list()
            assert (name, state.segment, state.holders) == (b"", mine.number, 2)
            assert list(two.list("/")) == []
            with refused(Status.NOT_FOUND):
                two.reopen(mine.number, PAGE)
            with refused(Status.NOT_FOUND):
                two.redeem((mine.token[0], mine.token[1] ^ 1))
            mine.close()
            one.list_page()
            two.redeem(mine.token).close()
        two.list_page()
        with refused(Status.NOT_FOUND):
            one.redeem(mine.token)


@point
def anonymous_memory_that_is_read_only_is_so_for_all(broker):
    with broker.connect() as connection, connection.anonymous(PAGE, readonly=True) as mine:
        with connection.redeem(mine.token) as theirs:
            for segment in mine, theirs:
                assert segment.access == Right.READ
                assert is_read_only(segment.descriptor, PAGE)


@point
def the_token_is_worth_nothing_to_another_user(broker):
    with broker.connect() as root, broker.connect_as_nobody() as nobody:
        with root.anonymous(PAGE) as one, nobody.anonymous(PAGE) as two:
            for connection, token in (nobody, one.token), (root, two.token):
                with refused(Status.NOT_FOUND):
                    connection.redeem(token)


def rename(connection, old, new, flags=0):
    connection.call(Op.RENAME, PAIR.pack(flags, len(old)), old + new)


@point
def a_segment_gets_another_name_and_takes_it_from_who_has_it(broker):
    with broker.connect() as one, broker.connect() as two:
        with create(one, "/a") as segment, create(one, "/b"):
            with refused(Status.EXISTS):
                rename(two, b"/a", b"/b", 1)
            rename(two, b"/a", b"/b")
            with two.open("/b") as found:
                assert found.number == segment.number
            rename(two, b"/b", b"/b")
            with refused(Status.NOT_FOUND):
                rename(two, b"/a", b"/c")
            for bad in b"", b"b", b"/b/", b"/../b":
                with refused(Status.BAD_NAME):
                    rename(two, b"/b", bad)
            with refused(Status.BAD_NAME):
                two.call(Op.RENAME, PAIR.pack(0, 99), b"/b/c")
