# Difference of survival at fixed times, for test_survival_difference.py. The data: colon.csv of the colon example
# (examples/colon/data, from the R package survival), a row a patient by etype.
# Run in this folder: Rscript survival_difference.R > survival_difference.json
suppressMessages(library(survival))
d <- read.csv("../../../examples/colon/data/colon.csv")
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
entry <- function(etype, group, first, second, type, times) {
  at <- function(level) {
    fit <- survfit(Surv(time, status) ~ 1, d[d$etype == etype & d[[group]] == level, ], conf.type = type)
    summary(fit, times = times)
  }
  a <- at(first); b <- at(second)
  est <- a$surv - b$surv; se <- sqrt(a$std.err^2 + b$std.err^2); z <- qnorm(0.975)
  list_of <- function(x) paste(number(x), collapse = ", ")
  sprintf(paste0('    {"etype": %d, "group": "%s", "first": "%s", "second": "%s", "conf_type": "%s", "times": [%s],\n',
    '     "estimate": [%s], "std_err": [%s], "p": [%s], "n_at_risk": [[%s], [%s]],\n',
    '     "wald": [[%s], [%s]],\n     "square-and-add": [[%s], [%s]]}'),
    etype, group, first, second, type, list_of(times), list_of(est), list_of(se), list_of(2 * pnorm(-abs(est / se))),
    list_of(a$n.risk), list_of(b$n.risk), list_of(est - z * se), list_of(est + z * se),
    list_of(est - sqrt((a$surv - a$lower)^2 + (b$upper - b$surv)^2)),
    list_of(est + sqrt((a$upper - a$surv)^2 + (b$surv - b$lower)^2)))
}
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")), '  "differences": [\n',
  paste(c(entry(2, "rx", "Lev+5FU", "Obs", "log-log", c(365, 1095, 1826, 2900)), entry(1, "rx", "Lev", "Obs", "log", c(200, 2000)),
    entry(2, "sex", "1", "0", "plain", c(1000)), entry(2, "node4", "1", "0", "logit", c(500, 2500))), collapse = ",\n"), "\n  ]\n}\n", sep = "")
