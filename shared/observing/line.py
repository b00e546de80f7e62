"""The line that a request leaves in the log."""

import json

from shared.observing.trace import Trace


def line_of(trace: Trace) -> str:
    """The facts of a request as one line of JSON, without those that nobody learned."""
    facts = {
        "operation": trace.function,
        "status": trace.status,
        "family": trace.family,
        "key": trace.key,
        "profile": trace.profile,
        "candidates": trace.candidates,
        "decision": trace.decision.word if trace.decision else None,
        "phraseHeard": trace.phrase_heard,
        "model": ",".join(sorted(trace.models)) or None,
        "speechSec": trace.speech_sec and round(trace.speech_sec, 2),
        "snrDb": trace.snr_db and round(trace.snr_db, 1),
        "agreementLlr": None if trace.agreement_llr is None else round(trace.agreement_llr, 1),
        "repeated": trace.repeated,
        "unreadable": trace.unreadable,
        "ms": {stage: round(1000 * seconds, 1) for stage, seconds in trace.seconds.items()},
        "error": trace.error,
        "problem": trace.problem,
        "correlationId": trace.correlation_id,
    }
    return json.dumps({name: value for name, value in facts.items() if value is not None})
