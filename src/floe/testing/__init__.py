"""The contract kit: test classes that prove any adapter of any author, and fakes for every port."""
