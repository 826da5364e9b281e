"""Every emitter that floe has keeps the promise of the port."""

import pytest

from floe.adapters.noop import NoOpLineageEmitter
from floe.ports.lineage import LineageEmitter
from floe.testing.fakes import RecordingLineageEmitter
from floe.testing.lineage_emitter import LineageEmitterContract
from tests.unit.adapters.openlineage.emitting import Emitting


class TestOpenLineageEmitter(LineageEmitterContract):
    @pytest.fixture
    def emitter(self) -> LineageEmitter:
        return Emitting().emitter


class TestOpenLineageEmitterWithColumns(LineageEmitterContract):
    @pytest.fixture
    def emitter(self) -> LineageEmitter:
        return Emitting(columns=True).emitter


class TestNoOpLineageEmitter(LineageEmitterContract):
    @pytest.fixture
    def emitter(self) -> LineageEmitter:
        return NoOpLineageEmitter()


class TestRecordingLineageEmitter(LineageEmitterContract):
    @pytest.fixture
    def emitter(self) -> LineageEmitter:
        return RecordingLineageEmitter()
