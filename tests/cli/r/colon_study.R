# What R says about examples/colon/study.yaml: rows to be found in its results.csv.
# From the repository's root: Rscript tests/cli/r/colon_study.R > tests/cli/r/colon_study.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d$rx <- factor(d$rx, levels = c("Obs", "Lev", "Lev+5FU"))
pairs <- c("Lev", "Lev+5FU")
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
say <- function(comparison, outcome, analysis, statistic, value, contrast = "", group = "", time = "", variable = "")
  cat(paste(comparison, outcome, analysis, statistic, contrast, group, time, variable, sprintf("%.17g", value),
            sep = ","), "\n", sep = "")
cat("comparison,outcome,analysis,statistic,contrast,group,time,variable,value\n")
limits <- function(comparison, outcome, analysis, name, x, ...) {
  say(comparison, outcome, analysis, name, x[1], ...)
  say(comparison, outcome, analysis, "conf_low", x[2], ...)
  say(comparison, outcome, analysis, "conf_high", x[3], ...)
}
hazard <- function(comparison, outcome, fit, contrasts) {
  s <- summary(fit)
  for (i in seq_along(contrasts)) {
    say(comparison, outcome, "cox", "hazard_ratio", s$conf.int[i, 1], contrast = contrasts[i])
    say(comparison, outcome, "cox", "conf_low", s$conf.int[i, 3], contrast = contrasts[i])
    say(comparison, outcome, "cox", "conf_high", s$conf.int[i, 4], contrast = contrasts[i])
    say(comparison, outcome, "cox", "p", s$coefficients[i, 5], contrast = contrasts[i])
  }
}
for (outcome in c("os", "recurrence")) {
  x <- d[d$etype == (if (outcome == "os") 2 else 1), ]
  fit <- survfit(Surv(time, status) ~ rx, x, conf.type = "log-log")
  at <- summary(fit, times = c(1, 3, 5) * 365.25)
  for (i in seq_along(at$time)) {
    g <- sub("rx=", "", at$strata[i])
    where <- list(group = g, time = at$time[i])
    put <- function(name, value) do.call(say, c(list("main", outcome, "survival", name, value), where))
    put("survival", at$surv[i]); put("std_error", at$std.err[i]); put("conf_low", at$lower[i])
    put("conf_high", at$upper[i]); put("n_at_risk", at$n.risk[i])
  }
  q <- quantile(fit, 0.5)
  reverse <- quantile(survfit(Surv(time, 1 - status) ~ rx, x, conf.type = "log-log"), c(0.25, 0.5, 0.75))
  for (g in levels(x$rx)) {
    row <- paste0("rx=", g)
    values <- c(q$quantile[row, ], q$lower[row, ], q$upper[row, ])
    for (i in 1:3) if (!is.na(values[i]))
      say("main", outcome, "survival", c("median", "conf_low", "conf_high")[i], values[i], group = g)
    say("main", outcome, "follow_up", "median", reverse$quantile[row, 2], group = g)
    say("main", outcome, "follow_up", "q1", reverse$quantile[row, 1], group = g)
    say("main", outcome, "follow_up", "q3", reverse$quantile[row, 3], group = g)
    of <- x[x$rx == g, ]
    say("main", outcome, "follow_up", "n", nrow(of), group = g)
    say("main", outcome, "follow_up", "n_event", sum(of$status), group = g)
    say("main", outcome, "follow_up", "person_time", sum(of$time), group = g)
  }
  test <- survdiff(Surv(time, status) ~ rx, x)
  everyone <- paste(levels(x$rx), collapse = " / ")
  say("main", outcome, "log_rank", "p", test$pvalue, contrast = everyone)
  say("main", outcome, "log_rank", "chi_squared", test$chisq, contrast = everyone)
  for (i in 1:3) say("main", outcome, "log_rank", "expected", test$exp[i], group = levels(x$rx)[i])
  p <- sapply(pairs, function(g) survdiff(Surv(time, status) ~ rx, x[x$rx %in% c("Obs", g), ])$pvalue)
  adjusted <- p.adjust(p, "holm")
  for (i in 1:2) {
    say("main", outcome, "log_rank", "p", p[i], contrast = paste(pairs[i], "vs Obs"))
    say("main", outcome, "log_rank", "p_adjusted", adjusted[i], contrast = paste(pairs[i], "vs Obs"))
  }
  cox <- coxph(Surv(time, status) ~ rx, x, control = tight)
  hazard("main", outcome, cox, paste(pairs, "vs Obs"))
  say("main", outcome, "cox", "proportional_hazards_p", cox.zph(cox, "km")$table["GLOBAL", "p"], contrast = everyone)
  nodes <- survdiff(Surv(time, status) ~ node4 + strata(rx), x)
  say("nodes", outcome, "log_rank", "p", nodes$pvalue, contrast = "0 / 1")
  hazard("nodes", outcome, coxph(Surv(time, status) ~ node4 + strata(rx), x, control = tight), "1 vs 0")
}
x <- d[d$etype == 2, ]
for (v in c("age", "nodes")) for (g in levels(x$rx)) {
  value <- x[x$rx == g, v]; known <- value[!is.na(value)]
  put <- function(name, number) say("main", "", "baseline", name, number, group = g, variable = paste0("patient.", v))
  put("n", length(known)); put("missing", sum(is.na(value))); put("mean", mean(known)); put("sd", sd(known))
  put("median", median(known)); put("q1", quantile(known, 0.25)); put("q3", quantile(known, 0.75))
  put("min", min(known)); put("max", max(known))
}
