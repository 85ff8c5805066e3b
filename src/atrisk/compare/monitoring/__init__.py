"""Outcomes watched over operations and compared over units: CUSUM and VLAD, funnel limits, overdispersion."""
