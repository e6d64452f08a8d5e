"""What the crash tests share."""

import os

import pytest


@pytest.fixture
def seed():
    """Of everything that is left to chance; printed, and taken from COFFER_CRASH_SEED to replay a run."""
    seed = int(os.environ.get("COFFER_CRASH_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"COFFER_CRASH_SEED={seed}")
    return seed
