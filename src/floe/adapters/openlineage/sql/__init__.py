"""Which columns the columns of a query are made from, read out of its SQL by sqlglot."""
