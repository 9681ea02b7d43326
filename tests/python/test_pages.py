# SPDX-License-Identifier: MIT
"""What manual and README say of the package is true."""

import os
import re
import unittest

import prshm
from case import Case, python

try:
    import numpy
except ImportError:
    numpy = None

SOURCES = os.environ["PRSHM_SOURCES"]


def read(name):
    with open(os.path.join(SOURCES, name), encoding="utf-8") as file:
        return file.read()


class Pages(Case):
    def run_example(self, program):
        done = python(program)
        self.assertEqual((done.returncode, done.stderr), (0, ""), program)
        return done.stdout

    def test_examples_of_the_page_work(self):
        found = re.findall(
            r'^\.\\" example (\w+)\n\.Bd .*\n((?:.*\n)*?)\.Ed\n\.\\" end',
            read("man/prshm-python.7"), re.M)
        said = []
        for name, program in found:
            if name != "numpy" or numpy:
                said.append((name, self.run_example(program.replace(r"\e", "\\"))))
        expected = [("producer", ""), ("consumer", "b'hello'\n"), ("numpy", "255.0\n"),
                    ("watch", "/camera/new\n")]
        self.assertEqual(said, [one for one in expected if one[0] != "numpy" or numpy])

    @unittest.skipUnless(numpy, "needs numpy (package python3-numpy)")
    def test_example_of_the_readme_works(self):
        program = re.search(r"```python\n(.*?)```", read("README.md"), re.S).group(1)
        self.assertEqual(self.run_example(program), "b'hello' 255.0\n")

    def test_every_name_of_the_package_is_on_the_page(self):
        page = read("man/prshm-python.7")
        words = set(re.findall(r"\w+", page))
        self.assertEqual([name for name in prshm.__all__ if name not in words], [])
        errors = [error.__name__ for error in prshm.Error.__subclasses__()]
        told = re.findall(r"^\.It (\w+) Ta (\w+) Ta PRSHM_(\w+)$", page, re.M)
        self.assertEqual(errors, [name for name, _, _ in told])
        for name, builtin, result in told:
            error = getattr(prshm, name)
            self.assertIn(builtin, [base.__name__ for base in error.__mro__])
            self.assertEqual(error.result.name, result)

    def test_everything_has_a_docstring(self):
        for name in prshm.__all__:
            self.assertGreater(len(getattr(prshm, name).__doc__), 20, name)
        for name, member in vars(prshm.SharedMemory).items():
            if not name.startswith("_"):
                self.assertTrue(member.__doc__, name)

    @unittest.skipUnless(numpy, "needs numpy (package python3-numpy)")
    def test_examples_run(self):
        said = self.run_example(read("examples/arrays.py"))
        self.assertIn("4 workers", said)
