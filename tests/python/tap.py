# SPDX-License-Identifier: MIT
"""Runs unittest's tests, and prints a line of TAP for each. The plan is up to who adds up."""

import sys
import unittest


def say(text):
    print("".join(f"# {line}\n" for line in text.rstrip().splitlines()), end="", flush=True)


class Result(unittest.TestResult):
    """expected: of tests that fail, the reason, by name."""

    def __init__(self, prefix, expected):
        super().__init__()
        self.prefix = prefix
        self.expected = expected
        self.met = set()

    def point(self, test, good, more=""):
        name = self.prefix + test.id().split(".")[-1].removeprefix("test_").replace("_", " ")
        print(f"{'ok' if good else 'not ok'} - {name}{more}", flush=True)

    def failed(self, test, error):
        method = test.id().split(".")[-1]
        if method in self.expected:
            self.met.add(method)
            say(f"{method} fails, as expected: {self.expected[method]}")
            self.point(test, True)
        else:
            self.point(test, False)
            say(self._exc_info_to_string(error, test))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.point(test, test.id().split(".")[-1] not in self.expected)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            say(str(subtest))
            self.failed(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        method = test.id().split(".")[-1]
        if method in self.expected:
            say(f"{method} is not run: {self.expected[method]}")
            self.point(test, True)
        else:
            self.point(test, True, f" # SKIP {reason}")


def run(suite, prefix="", expected=None):
    """Whether all is as expected."""
    result = Result(prefix, expected or {})
    suite.run(result)
    sys.stdout.flush()
    return result
