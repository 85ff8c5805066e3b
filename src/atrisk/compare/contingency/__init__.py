"""Tables of counts: independence, trend, strata."""
