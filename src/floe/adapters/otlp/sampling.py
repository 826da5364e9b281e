"""Which traces leave: decided once for a whole trace, and by everyone alike."""

import time
from collections import OrderedDict
from collections.abc import Callable

from floe.domain.model.pipeline import Sampling, SamplingType
from floe.domain.model.run import RunContext

_RANDOM_BITS = 64
_REMEMBERED = 1024
_ALWAYS_ON = Sampling()


class TraceSampler:
    """Decides by *rule* for traces that begin here; others have been decided by their parent.

    With *parent_based* False the rule decides on continued traces too, as the samplers of
    ``OTEL_TRACES_SAMPLER`` without that prefix do. A ratio is applied to the low 64 bits of the
    trace id, exactly as OpenTelemetry's ``TraceIdRatioBased`` does, so that all services agree. A
    rate limit counts traces that begin in this process. Decisions on recent traces are kept.
    """

    def __init__(
        self,
        rule: Sampling = _ALWAYS_ON,
        *,
        parent_based: bool = True,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rule = rule
        self._parent_based = parent_based
        self._clock_s = clock_s
        self._allowance = float(rule.rate_limit or 1)
        self._allowed_at = clock_s()
        self._decided: OrderedDict[str, bool] = OrderedDict()

    def is_sampled(self, context: RunContext) -> bool:
        """Return whether the spans of *context* are to leave."""
        if self._parent_based and context.trace_parent is not None:
            return context.trace_parent.sampled
        return self.decide(context.trace_id)

    def decide(self, trace_id: str) -> bool:
        """Return what the rule says of the trace *trace_id*, the same each time."""
        decision = self._decided.get(trace_id)
        if decision is None:
            decision = self._decided[trace_id] = self._by_rule(trace_id)
            if len(self._decided) > _REMEMBERED:
                self._decided.popitem(last=False)
        return decision

    def _by_rule(self, trace_id: str) -> bool:
        match self._rule.type:
            case SamplingType.ALWAYS_ON:
                return True
            case SamplingType.ALWAYS_OFF:
                return False
            case SamplingType.PROBABILISTIC:
                bound = round(self._rule.probability * (1 << _RANDOM_BITS))
                return int(trace_id[-16:], 16) < bound
            case SamplingType.RATE_LIMITING:
                return self._takes_one()

    def _takes_one(self) -> bool:
        """Take one from an allowance that grows by the rate limit every second."""
        now, limit = self._clock_s(), float(self._rule.rate_limit or 1)
        self._allowance = min(limit, self._allowance + (now - self._allowed_at) * limit)
        self._allowed_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True
