"""How many threads work when nobody says."""

from __future__ import annotations

import os

_default = 0


def _forked():
    # The threads of the parent's pool are not in the child, where work for them would wait for ever. A child is usually one of several.
    global _default
    _default = 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def count(threads):
    """What the native module is told: 0 for one thread per core in a pool that all calls share, but in a forked child a pool of one thread."""
    return threads or _default
