# Interval censored log-rank tests of the breast cosmesis data with R's package interval 1.1-1.0 (Fay and Shaw 2010),
# its curve run to epsilon 1e-13. Run in tests/compare/r; prints what test_interval_log_rank.py holds.
library(interval)
d <- read.csv("../../reference/data/bcdeter.csv", na.strings = "")
left <- ifelse(is.na(d$lower), 0, d$lower)
right <- ifelse(is.na(d$upper), Inf, d$upper)
fit <- icfit(left, right, control = icfitControl(epsilon = 1e-13, maxit = 100000))
for (scores in c("logrank1", "logrank2")) {
  each <- wlr_trafo(left, right, scores = scores, icFIT = fit)
  test <- perm::permTS(each[d$treat == 1], each[d$treat == 2], method = "pclt")
  cat(scores, format(c(sum(each[d$treat == 1]), test$statistic, test$p.value), digits = 15), "\n")
}
