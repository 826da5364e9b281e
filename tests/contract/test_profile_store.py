"""Every profile store keeps the promises of its port."""

import pytest

from floe.adapters.profiles.writer import ProfileWriter
from floe.ports.profile_store import ProfileStore
from floe.testing.profile_store import ProfileStoreContract


class TestProfileWriter(ProfileStoreContract):
    @pytest.fixture
    def store(self) -> ProfileStore:
        return ProfileWriter()
