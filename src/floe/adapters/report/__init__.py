"""The HTML report: one file about one run, complete in itself."""
