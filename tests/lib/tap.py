# SPDX-License-Identifier: MIT
"""TAP for tests in Python: a test registers itself, and run() says of each how it went.

    @point
    def a_sentence_that_is_proved(...):
        assert ...

    sys.exit(run(raised_by))
"""

import subprocess

POINTS = []


class Skip(Exception):
    """What a test raises that cannot run here, with the reason."""


def point(function):
    POINTS.append(function)
    return function


def raised_by(test):
    """For run: what a test fails by, if it raises that."""
    try:
        test()
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        return f"{error}\n"
    return ""


def run(wrong_with):
    """wrong_with(test) runs it, and returns what was wrong, or "". Returns the exit status."""
    status = 0
    print(f"1..{len(POINTS)}", flush=True)
    for number, test in enumerate(POINTS, 1):
        try:
            wrong = wrong_with(test)
        except Skip as skip:
            print(f"ok {number} - {test.__name__} # SKIP {skip}", flush=True)
            continue
        print(f"{'not ok' if wrong else 'ok'} {number} - {test.__name__}", flush=True)
        for line in wrong.splitlines():
            print("# " + line, flush=True)
        status |= bool(wrong)
    return status
