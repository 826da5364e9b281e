"""OpenTelemetry: spans, metrics and log correlation."""
