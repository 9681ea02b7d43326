# SPDX-License-Identifier: MIT
"""The extension, which pyproject.toml cannot tell of: it is linked with what pkg-config finds."""

import shlex
import subprocess
import sysconfig

from setuptools import Extension, setup

SOURCES = [
    "calls.c", "convert.c", "failure.c", "lists.c", "module.c", "open.c", "segment.c", "status.c",
    "watch.c",
]
# One binary for 3.11 and everything later; an interpreter without its lock cannot load such.
LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")


def library(option: str) -> list[str]:
    try:
        found = subprocess.run(
            ["pkg-config", option, "prshm-client"], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit("prshm: needs pkg-config (on Debian: apt-get install pkgconf)") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"prshm: needs libprshm-client: {error.stderr.strip()}") from None
    return shlex.split(found.stdout)


setup(
    ext_modules=[
        Extension(
            "prshm._core",
            SOURCES,
            depends=["core.h", "hold.h"],
            define_macros=[("_GNU_SOURCE", None)] + [("Py_LIMITED_API", "0x030B0000")] * LIMITED,
            extra_compile_args=["-std=gnu17", "-fvisibility=hidden", *library("--cflags")],
            extra_link_args=library("--libs"),
            py_limited_api=LIMITED,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
)
