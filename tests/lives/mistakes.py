#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts mistakes into the broker, one after the other, and sees lives.py find each.

    mistakes.py [--steps=N] [--seed=N] [NAME...]

To be run in a build directory, as root. A mistake is a change of one source; the broker with it is
linked in a scratch directory, and neither the tree nor the build is touched. Takes minutes: no part
of the tests."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.join(HERE, "..", "..")

# What it is, the source, what stands there, and what is to stand there.
MISTAKES = {
    "order": (
        "rules in the wrong order: a group's entry before the owner", "daemon/core/rights.c",
        "\tif (who->uid == rights->uid) {",
        "\tif (who->uid == rights->uid && !add_groups(who, rights, may)) {"),
    "linger": (
        "a linger is not started again by an open", "daemon/core/registry.c",
        "void registry_held(struct registry *registry, struct segment *segment)\n{\n"
        "\tclear_deadline(registry, segment);",
        "void registry_held(struct registry *registry, struct segment *segment)\n{\n"
        "\t(void)registry;\n\tif (segment->deadline)\n\t\treturn;"),
    "refund": (
        "a charge is not refunded", "daemon/core/account.c",
        "\tgive_back(account, charge->resource, charge->amount);\n\tcharge->account = NULL;",
        "\tif (charge->resource != RESOURCE_BYTES)\n"
        "\t\tgive_back(account, charge->resource, charge->amount);\n\tcharge->account = NULL;"),
    "parked": (
        "a parked handle is stale after its rights have changed", "daemon/core/op-change.c",
        "\tpark_sweep(c->broker, segment);\n\trights_", "\trights_"),
    "expired": (
        "EXCL finds a name that has expired", "daemon/core/registry.c",
        "\t\texpire(registry, segment, EXPIRY_LINGER);",
        "\t\tclear_deadline(registry, segment);"),
    "seal": (
        "a seal is missing", "daemon/core/memory.c",
        "#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)",
        "#define SEALS (F_SEAL_SHRINK | F_SEAL_SEAL)"),
    "group": (
        "an entry for a group is ignored", "daemon/core/rights.c",
        "entry->kind == WIRE_ENTRY_GROUP && credentials_have_group(who, entry->id)",
        "entry->kind == WIRE_ENTRY_GROUP && who->gid == entry->id"),
    "owner": (
        "SET_OWNER charges the old owner", "daemon/core/op-change.c",
        "status = charge_new_owner(c, segment, uid);",
        "status = charge_new_owner(c, segment, segment->rights.uid);"),
    "quota": (
        "a limit of bytes is off by a page", "daemon/core/account.c",
        "\tif (*limit != LIMIT_SHARE && exceeds(*limit, payer->total[resource], amount))",
        "\tif (*limit != LIMIT_SHARE && exceeds(*limit, payer->total[resource],\n"
        "\t\tamount > 4096 ? amount - 4096 : amount))"),
    "duplicate": (
        "a message that comes again is done again", "daemon/core/handle.c",
        "\treturn peer->last.known && header->serial == peer->last.serial;",
        "\treturn false && peer->last.known && header->serial == peer->last.serial;"),
    "two-replies": (
        "a message that has had its reply gets another one", "daemon/core/handle.c",
        "\t\treturn peer->last.answered && ", "\t\treturn false && "),
    "late-seal": (
        "a seal is missing after SIZE", "daemon/core/memory.c",
        "\tif (fcntl(fd, F_ADD_SEALS, SEALS) < 0)\n\t\treturn -errno;\n",
        "\treturn fcntl(fd, F_ADD_SEALS, SEALS & ~F_SEAL_GROW) < 0 ? -errno : 0;\n"),
    "alone": (
        "an open beside another process fixes nothing", "daemon/core/op-open.c",
        "has_no_other_holder(c, segment) && (pays",
        "(has_no_other_holder(c, segment) || true) && (pays"),
    "pays": (
        "any user sizes what nobody has", "daemon/core/op-open.c",
        "segment->charges[0].account == peer->account &&",
        "(segment->charges[0].account == peer->account || true) &&"),
    "early": (
        "the first size above 0 is not fixed, though somebody has opened the name before",
        "daemon/core/unsealed.c", "\tif (error == 0 && segment->opened_early)\n\t\terror = seal(",
        "\tif (false)\n\t\terror = seal("),
    "late-charge": (
        "SIZE charges nothing", "daemon/core/unsealed.c",
        "const enum status status = segment_charge_size(segment, size, why);",
        "const enum status status = segment_charge_size(segment, segment->size, why);"),
    "changes": (
        "a client is not told that what it knows of a segment has changed", "daemon/core/park.c",
        "\ttell_holders(segment);\n", "\t(void)tell_holders;\n"),
    "rename": (
        "RENAME takes a name from whoever has it", "daemon/core/op-change.c",
        "\treturn target ? may_delete(c, target) : STATUS_OK;", "\treturn STATUS_OK;"),
    "left-empty": (
        "who opens what nobody has open shares it", "daemon/core/op-open.c",
        "\tif (segment->holder_count == 0 && (access & WIRE_WRITE))", "\tif (false)"),
    "journal": (
        "changed rights are not written into the journal", "daemon/core/op-change.c",
        "\tsegment->rights = rights;\n\ttell_change(c, segment);", "\tsegment->rights = rights;"),
}


def variables(*names):
    """Words of variables of the build directory's makefile."""
    rules = "".join(f"\nprint-{name}:\n\t@echo $({name})" for name in names)
    targets = [f"print-{name}" for name in names]
    out = subprocess.run(["make", "-s", "--eval=" + rules, *targets], check=True,
                         capture_output=True, text=True).stdout
    return dict(zip(names, (line.split() for line in out.split("\n"))))


def build(scratch, source, old, new):
    """A prshmd with the mistake, in scratch."""
    make = variables("CC", "CFLAGS", "SYSTEMD_LIBS", "EVENT_LIBS", "INIH_LIBS")
    with open(os.path.join(TREE, source)) as file:
        text = file.read()
    if text.count(old) != 1:
        sys.exit(f"mistakes.py: {source} has changed, "
                 f"and the mistake does not fit any more:\n{old}")
    name = os.path.join(scratch, os.path.basename(source))
    with open(name, "w") as file:
        file.write(text.replace(old, new))
    item = os.path.join(scratch, os.path.basename(source)[:-2] + ".o")
    subprocess.run([*make["CC"], *make["CFLAGS"], "-w", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64",
                    "-DHAVE_CONFIG_H", "-DHAVE_SYSTEMD", "-I.", "-I" + TREE,
                    "-I" + os.path.join(TREE, "include"), "-c", name, "-o", item], check=True)
    subprocess.run([*make["CC"], "-o", os.path.join(scratch, "prshmd"), "daemon/main.o", item,
                    "-Wl,--allow-multiple-definition", "libdaemon.a", "libbase.a", "libcore.a",
                    ".libs/libwire.a", "-pthread", *make["EVENT_LIBS"], *make["SYSTEMD_LIBS"],
                    *make["INIH_LIBS"]], check=True)
    shutil.copy("prshm-keeper", scratch)


def find(program, steps, seed):
    """Returns after how many steps lives.py found something, and what; or (None, what it said)."""
    out = subprocess.run([os.path.join(HERE, "lives.py"), f"--steps={steps}", f"--seed={seed}",
                          f"--daemon={program}"], capture_output=True, text=True)
    if out.returncode == 0:
        return None, out.stdout
    whole = sum(map(int, re.findall(r"^# seed \d+: (\d+) steps", out.stdout, re.M)))
    found = re.search(r"^# step (\d+) of seed \d+: (.*)", out.stdout, re.M)
    if not found:
        return None, out.stdout + out.stderr
    return whole + int(found[1]), found[0][2:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    status = 0
    for name in options.names or MISTAKES:
        what, *change = MISTAKES[name]
        with tempfile.TemporaryDirectory(prefix="prshm-mistakes-") as scratch:
            os.chmod(scratch, 0o755)
            build(scratch, *change)
            steps, said = find(os.path.join(scratch, "prshmd"), options.steps, options.seed)
        if steps is None:
            print(f"{name}: {what}: NOT FOUND in {options.steps} steps\n{said}", flush=True)
            status = 1
        else:
            print(f"{name}: {what}: found after {steps} steps: {said}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
