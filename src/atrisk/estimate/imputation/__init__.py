"""Multiple imputation by chained equations, and Rubin's rules for what is estimated from it."""
