# SPDX-License-Identifier: MIT
"""The native calls, and the watch."""

import asyncio
import os
import select
import threading
import time

import prshm
from prshm import EventKind, Resource, Right
from case import ALICE, Case, in_child, needs_root


class Calls(Case):
    def test_stat_tells_all(self):
        before = time.time_ns()
        self.new("/s/a", 5000, mode=0o604, rights=["user:7:rwdm"], linger=3,
                 lifetime="until-unused")
        stat = prshm.stat("/s/a")
        self.assertEqual(
            (stat.name, stat.size, stat.uid, stat.gid, stat.mode, stat.lifetime, stat.linger),
            ("/s/a", 5000, os.geteuid(), os.getegid(), 0o604, "until-unused", 3))
        self.assertEqual((stat.holders, stat.entry_count), (1, 1))
        self.assertEqual([str(one) for one in stat.rights], ["user:7:rwdm"])
        self.assertLess(abs(stat.created_ns - before), 600 * 10**9)
        self.assertGreaterEqual(stat.opened_ns, stat.created_ns)
        self.assertRaises(FileNotFoundError, prshm.stat, "/s/b")

    def test_list_goes_by_prefix(self):
        made = [self.new(name) for name in ("/l/b", "/l/a", "plain", "/l/\udcff")]
        self.assertEqual([one.name for one in prshm.list("/l/")], ["/l/b", "/l/a", "/l/\udcff"])
        self.assertEqual([one.name for one in prshm.list("/dev/shm/")], ["/dev/shm/plain"])
        made[0].unlink()
        gone = next(one for one in prshm.list() if one.name == "/l/b")
        self.assertEqual((gone.deleted, gone.anonymous, gone.rights), (True, False, None))
        self.assertRaises(ValueError, prshm.list, "/" + "x" * 2000)
        self.assertRaises(TypeError, prshm.list, b"/")

    def test_holders_and_origin_are_told(self):
        memory = self.new("held")
        with prshm.SharedMemory("held", readonly=True):
            found = prshm.holders("held")
            self.assertEqual(
                sorted(one.access for one in found), [Right.READ, Right.READ | Right.WRITE])
            self.assertEqual({(one.pid, one.uid) for one in found}, {(os.getpid(), os.geteuid())})
        self.assertEqual(len(prshm.holders(prshm.stat("held"))), 1)
        self.assertEqual(len(prshm.holders(prshm.stat("held").number)), 1)
        origin = prshm.origin("held")
        self.assertEqual((origin.creator_pid, origin.opener_uid), (os.getpid(), os.geteuid()))
        memory.close()
        self.assertEqual(prshm.holders("held"), [])
        self.assertRaises(FileNotFoundError, prshm.holders, 2**63)
        for call in (prshm.holders, prshm.origin):
            for number in (-1, 2**64):
                self.assertRaises(ValueError, call, number)
            for wrong in (1.5, b"x", None):
                self.assertRaises(TypeError, call, wrong)

    def test_explain_names_the_rule(self):
        self.new("why", mode=0o600)
        told = prshm.explain("why", Right.WRITE)
        self.assertTrue(told)
        self.assertIn("rule 1", str(told))
        self.assertTrue(prshm.explain("/free", Right.MAKE).allowed)
        self.assertRaises(FileNotFoundError, prshm.explain, "/free", Right.READ)
        for right in (0, 3, 64, 2**31, 2**32 + 1):
            self.assertRaises(ValueError, prshm.explain, "why", right)
        self.assertRaises(ValueError, prshm.explain, "why", Right.READ, "no such user")
        self.assertRaises(ValueError, prshm.explain, "why", Right.READ, -1)

    @needs_root
    def test_explain_tells_of_other_users(self):
        self.new("why", rights=[f"user:{ALICE}:r"])
        self.assertTrue(prshm.explain("why", Right.READ, ALICE))
        self.assertFalse(prshm.explain("why", Right.WRITE, ALICE))
        in_child(lambda: self.assertRaises(PermissionError, prshm.explain, "why", Right.READ, 0),
                 ALICE)

    def test_rights_are_set(self):
        self.new("mine", mode=0o666, rights=["user:7:r"])
        prshm.set_rights("mine", 0o640, [prshm.Entry(prshm.Kind.GROUP, 8, Right.READ)])
        stat = prshm.stat("mine")
        self.assertEqual(stat.mode, 0o640)
        self.assertEqual(stat.rights, (prshm.Entry(prshm.Kind.GROUP, 8, Right.READ),))
        prshm.set_rights("mine", 0o600)
        self.assertEqual(prshm.stat("mine").rights, ())
        self.assertRaises(ValueError, prshm.set_rights, "mine", 0o10000)
        self.assertRaises(FileNotFoundError, prshm.set_rights, "none", 0o600)

    @needs_root
    def test_owner_is_set(self):
        self.new("gift")
        prshm.set_owner("gift", ALICE)
        self.assertEqual((prshm.stat("gift").uid, prshm.stat("gift").gid), (ALICE, os.getegid()))
        prshm.set_owner("gift", group=ALICE)
        self.assertEqual((prshm.stat("gift").uid, prshm.stat("gift").gid), (ALICE, ALICE))
        prshm.set_owner("gift", "root", "root")
        self.assertEqual(prshm.stat("gift").uid, 0)
        for wrong in (-1, 2**32 - 1, 2**40):
            self.assertRaises(ValueError, prshm.set_owner, "gift", wrong)
        self.assertRaises(KeyError, prshm.set_owner, "gift", "no such user")

    def test_accounts_and_status_count(self):
        self.new("counted", 10000)
        mine = prshm.accounts(os.geteuid())[0]
        self.assertEqual(mine.usage[Resource.SEGMENTS].used, 1)
        self.assertEqual(mine.usage[Resource.BYTES].used, 12288)
        self.assertIn(mine.uid, [account.uid for account in prshm.accounts()])
        status = prshm.status()
        self.assertEqual((status.used[Resource.SEGMENTS], status.used[Resource.BYTES]), (1, 12288))
        self.assertGreater(status.limits[Resource.HANDLES], 0)
        self.assertGreater(status.requests["OPEN"], 0)
        self.assertGreater(status.pid, 0)
        self.assertEqual(prshm.broker(),
                         prshm.Place(os.environ["PRSHM_SOCKET"], prshm.Choice.ENVIRONMENT))
        self.assertRaises(ValueError, prshm.accounts, -1)

    @needs_root
    def test_accounts_of_others_are_denied(self):
        in_child(lambda: self.assertRaises(PermissionError, prshm.accounts, 0), ALICE)


class Watches(Case):
    def kinds(self, watch):
        found = []
        while (event := watch.next(0)) is not None:
            found.append(event.kind)
        return found

    def test_watch_tells_what_happens(self):
        with prshm.watch("/w/") as watch:
            self.assertIsNone(watch.next(0))
            self.new("elsewhere").unlink()
            memory = self.new("/w/a", 7)
            event = next(watch)
            self.assertEqual(
                (event.kind, event.name, event.size, event.uid, event.pid, event.segment),
                (EventKind.CREATED, "/w/a", 7, os.geteuid(), os.getpid(),
                 prshm.stat("/w/a").number))
            self.assertEqual(next(watch).kind, EventKind.OPENED)
            memory.unlink()
            self.assertEqual(watch.next(600).kind, EventKind.DELETED)
            self.assertTrue(select.select([watch], [], [], 0) == ([], [], []))
        self.assertRaises(StopIteration, next, watch)
        self.assertRaises(ValueError, watch.next)
        self.assertRaises(ValueError, watch.fileno)
        watch.close()

    def test_watch_of_one_name(self):
        with prshm.watch("one", EventKind.CREATED, exact=True) as watch:
            self.new("one-more")
            self.new("one")
            self.assertEqual(watch.next(600).name, "/dev/shm/one")
            self.assertIsNone(watch.next(0.01))

    def test_watch_refuses_nonsense(self):
        for events in (0, -1, 0x100, 2**31, 2**32 + 1):
            self.assertRaises(ValueError, prshm.watch, "", events)
        self.assertRaises(ValueError, prshm.watch, "", exact=True)
        self.assertRaises(ValueError, prshm.watch, "/x\0")
        self.assertRaises(ValueError, prshm.watch, "/" * 2000)
        self.assertRaises(TypeError, prshm.watch, b"/x")

    def test_close_wakes_a_thread_that_waits(self):
        watch = prshm.watch("/none/")
        seen = []
        thread = threading.Thread(target=lambda: seen.extend(watch))
        thread.start()
        time.sleep(0.05)
        watch.close()
        thread.join(600)
        self.assertEqual((seen, thread.is_alive()), ([], False))

    def test_watch_is_an_asynchronous_iterator(self):
        async def look():
            found = []
            ticks = 0

            async def tick():
                nonlocal ticks
                while True:
                    await asyncio.sleep(0)
                    ticks += 1

            with prshm.watch("/w/", EventKind.CREATED) as watch:
                ticker = asyncio.create_task(tick())
                asyncio.get_running_loop().call_later(0.05, lambda: made.append(self.new("/w/b")))
                made = [self.new("/w/a")]
                async for event in watch:
                    found.append(event.name)
                    if event.name == "/w/b":
                        break
                ticker.cancel()
            self.assertGreater(ticks, 1)
            return found

        self.assertEqual(asyncio.run(look()), ["/w/a", "/w/b"])

    def test_close_ends_a_task_that_waits(self):
        async def look():
            watch = prshm.watch("/none/")

            async def collect():
                return [event async for event in watch]

            task = asyncio.create_task(collect())
            await asyncio.sleep(0.01)
            with self.assertRaises(RuntimeError):
                await anext(watch)
            threading.Thread(target=watch.close).start()
            self.assertEqual(await asyncio.wait_for(task, 600), [])
            # A task that is cancelled leaves the watch as it was.
            with prshm.watch("/w/") as watch:
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(anext(watch), 0.01)
                self.new("/w/c")
                self.assertEqual((await anext(watch)).name, "/w/c")

        asyncio.run(look())

    def test_watch_is_not_for_a_child_of_fork(self):
        with prshm.watch("/w/") as watch:
            in_child(lambda: self.assertRaises(OSError, watch.fileno))
            in_child(lambda: self.assertRaises(OSError, watch.next, 0))
            self.new("/w/x")
            self.assertEqual(watch.next(600).name, "/w/x")
