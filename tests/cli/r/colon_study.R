# What R says about examples/colon/study.yaml: rows to be found in its results.csv.
# From the repository's root: Rscript tests/cli/r/colon_study.R > tests/cli/r/colon_study.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d$rx <- factor(d$rx, levels = c("Obs", "Lev", "Lev+5FU"))
pairs <- c("Lev", "Lev+5FU")
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
say <- function(comparison, outcome, analysis, statistic, value, contrast = "", group = "", time = "", variable = "",
                of = "", adjustment_set = "", method = "", level = "")
  cat(paste(comparison, outcome, analysis, statistic, of, contrast, group, time, variable, adjustment_set, method, level,
            sprintf("%.17g", value), sep = ","), "\n", sep = "")
cat("comparison,outcome,analysis,statistic,of,contrast,group,time,variable,adjustment_set,method,level,value\n")
limits <- function(comparison, outcome, analysis, name, x, ...) {
  say(comparison, outcome, analysis, name, x[1], ...)
  say(comparison, outcome, analysis, "conf_low", x[2], of = name, ...)
  say(comparison, outcome, analysis, "conf_high", x[3], of = name, ...)
}
hazard <- function(comparison, outcome, fit, contrasts) {
  s <- summary(fit)
  for (i in seq_along(contrasts)) {
    limits(comparison, outcome, "cox", "hazard_ratio", s$conf.int[i, c(1, 3, 4)], contrast = contrasts[i])
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
    put <- function(name, value, of = "survival")
      do.call(say, c(list("main", outcome, "survival", name, value, of = of), where))
    put("survival", at$surv[i], of = ""); put("std_error", at$std.err[i]); put("conf_low", at$lower[i])
    put("conf_high", at$upper[i]); put("n_at_risk", at$n.risk[i])
  }
  # Differences of survival: limits from those of both curves (Zou and Donner 2008, Stat Med 27:1693, eq. 1).
  of_group <- function(g) {
    k <- which(at$strata == paste0("rx=", g))
    list(s = at$surv[k], l = at$lower[k], u = at$upper[k], se = at$std.err[k], time = at$time[k])
  }
  # Mean times up to 5 years: area and its error from R's own restricted means.
  area <- summary(fit, rmean = 5 * 365.25)$table
  for (g in levels(x$rx)) {
    row <- area[paste0("rx=", g), ]; m <- row["rmean"]; se <- row["se(rmean)"]
    say("main", outcome, "restricted_mean", "restricted_mean", m, group = g, time = 5 * 365.25)
    say("main", outcome, "restricted_mean", "std_error", se, group = g, time = 5 * 365.25, of = "restricted_mean")
  }
  z <- qnorm(0.975)
  for (g in pairs) {
    a <- of_group(g); b <- of_group("Obs"); contrast <- paste(g, "vs Obs")
    for (i in seq_along(a$time)) {
      gap <- a$s[i] - b$s[i]
      low <- gap - sqrt((a$s[i] - a$l[i])^2 + (b$u[i] - b$s[i])^2)
      high <- gap + sqrt((a$u[i] - a$s[i])^2 + (b$s[i] - b$l[i])^2)
      limits("main", outcome, "survival", "survival_difference", c(gap, low, high), contrast = contrast, time = a$time[i])
      say("main", outcome, "survival", "std_error", sqrt(a$se[i]^2 + b$se[i]^2), contrast = contrast, time = a$time[i],
          of = "survival_difference")
    }
    one <- area[paste0("rx=", g), ]; other <- area["rx=Obs", ]
    m <- c(one["rmean"], other["rmean"]); e <- c(one["se(rmean)"], other["se(rmean)"])
    gap <- m[1] - m[2]; se <- sqrt(sum(e^2)); r <- m[1] / m[2]; lse <- sqrt(sum((e / m)^2))
    at5 <- list(contrast = contrast, time = 5 * 365.25)
    put <- function(...) do.call(limits, c(list("main", outcome, "restricted_mean", ...), at5))
    put("restricted_mean_difference", c(gap, gap - z * se, gap + z * se))
    put("restricted_mean_ratio", c(r, r * exp(-z * lse), r * exp(z * lse)))
    say("main", outcome, "restricted_mean", "p", 2 * pnorm(-abs(gap / se)), contrast = contrast, time = 5 * 365.25,
        of = "restricted_mean_difference")
  }
  q <- quantile(fit, 0.5)
  reverse <- quantile(survfit(Surv(time, 1 - status) ~ rx, x, conf.type = "log-log"), c(0.25, 0.5, 0.75))
  for (g in levels(x$rx)) {
    row <- paste0("rx=", g)
    values <- c(q$quantile[row, ], q$lower[row, ], q$upper[row, ])
    for (i in 1:3) if (!is.na(values[i]))
      say("main", outcome, "survival", c("median", "conf_low", "conf_high")[i], values[i], group = g,
          of = if (i == 1) "" else "median")
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
  # Adjusted for declared confounders, of the patients with complete values; and these patients unadjusted.
  of <- c("age", "sex", "obstruct", "adhere", "node4", "differ", "extent", "surg")
  full <- x[complete.cases(x[, of]), ]
  adjusted <- coxph(Surv(time, status) ~ rx + age + sex + obstruct + adhere + node4 + factor(differ) + factor(extent) +
                      surg, full, control = tight)
  alone <- coxph(Surv(time, status) ~ rx, full, control = tight)
  for (set in c("confounders", "none, same patients")) {
    fit <- if (set == "confounders") adjusted else alone
    s <- summary(fit)
    for (i in 1:2) {
      put <- function(name, value, of = "")
        say("main", outcome, "regression", name, value, contrast = paste(pairs[i], "vs Obs"), of = of,
            adjustment_set = paste0('"', set, '"'), method = "cox")
      put("hazard_ratio", s$conf.int[i, 1]); put("conf_low", s$conf.int[i, 3], "hazard_ratio")
      put("conf_high", s$conf.int[i, 4], "hazard_ratio"); put("p", s$coefficients[i, 5], "hazard_ratio")
    }
  }
  s <- summary(adjusted)
  terms <- list(c("age", "", ""), c("sex", "1", ""), c("obstruct", "1", ""), c("adhere", "1", ""), c("node4", "1", ""),
                c("differ", "2", "factor(differ)2"), c("differ", "3", "factor(differ)3"),
                c("extent", "2", "factor(extent)2"), c("extent", "3", "factor(extent)3"),
                c("extent", "4", "factor(extent)4"), c("surg", "1", ""))
  for (term in terms) {
    row <- if (term[3] == "") term[1] else term[3]
    for (k in c(1, 3, 4))
      say("main", outcome, "covariate", c("hazard_ratio", "", "conf_low", "conf_high")[k], s$conf.int[row, k],
          contrast = everyone, variable = paste0("patient.", term[1]), of = if (k == 1) "" else "hazard_ratio",
          adjustment_set = "confounders", method = "cox", level = term[2])
  }
  nodes <- survdiff(Surv(time, status) ~ node4 + strata(rx), x)
  say("nodes", outcome, "log_rank", "p", nodes$pvalue, contrast = "0 / 1")
  hazard("nodes", outcome, coxph(Surv(time, status) ~ node4 + strata(rx), x, control = tight), "1 vs 0")
  # Hazards of the nodes are not proportional: ratios within the declared periods, else before and after the median event.
  cuts <- if (outcome == "os") c(1, 3) * 365.25 else median(x$time[x$status == 1])
  parts <- survSplit(Surv(time, status) ~ node4 + rx, x, cut = cuts, episode = "period")
  by_period <- coxph(Surv(tstart, time, status) ~ node4:strata(period) + strata(rx), parts, control = tight)
  ratios <- summary(by_period)$conf.int[, c(1, 3, 4)]
  for (i in seq_len(nrow(ratios)))
    limits("nodes", outcome, "piecewise_cox", "hazard_ratio", ratios[i, ], contrast = "1 vs 0",
           time = if (i <= length(cuts)) cuts[i] else "")
  one <- coxph(Surv(time, status) ~ node4 + strata(rx), x, control = tight)
  gain <- 2 * (by_period$loglik[2] - one$loglik[2])
  say("nodes", outcome, "piecewise_cox", "equal_periods_p", pchisq(gain, length(cuts), lower.tail = FALSE),
      contrast = "0 / 1")
}
x <- d[d$etype == 2, ]
for (v in c("age", "nodes")) for (g in levels(x$rx)) {
  value <- x[x$rx == g, v]; known <- value[!is.na(value)]
  put <- function(name, number) say("main", "", "baseline", name, number, group = g, variable = paste0("patient.", v))
  put("n", length(known)); put("missing", sum(is.na(value))); put("mean", mean(known)); put("sd", sd(known))
  put("median", median(known)); put("q1", quantile(known, 0.25)); put("q3", quantile(known, 0.75))
  put("min", min(known)); put("max", max(known))
}
