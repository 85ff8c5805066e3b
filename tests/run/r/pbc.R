# What R says about examples/pbc/study.yaml: rows to be found in its results.
# From the repository's root: Rscript tests/run/r/pbc.R > tests/run/r/pbc.csv
# Made with R 4.2.2, survival 3.5-3, cmprsk 2.2-11 and mice 3.15.0. The last rows (analysis "mice") are pooled log hazard
# ratios and standard errors of 200 imputed data sets, to be met within the error of 20 and 200 data sets.
suppressPackageStartupMessages({library(survival); library(cmprsk); library(mice)})
d <- subset(read.csv("examples/pbc/data/pbc.csv"), !is.na(trt))
stopifnot(isTRUE(all.equal(d$time, subset(survival::pbc, !is.na(trt))$time)))
d$arm <- factor(d$trt, levels = c(2, 1))
d$edema <- factor(d$edema); d$stage <- factor(d$stage); d$sex <- factor(d$sex, levels = c("f", "m"))
d$lbili <- log(d$bili); d$lcopper <- log(d$copper); d$lchol <- log(d$chol); d$ltrig <- log(d$trig)
d$free <- as.integer(d$status > 0); d$dead <- as.integer(d$status == 2)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
say <- function(outcome, analysis, statistic, value, of = "", contrast = "", group = "", cause = "", time = "",
                adjustment_set = "", method = "")
  cat(paste(outcome, analysis, statistic, of, contrast, group, cause, time, adjustment_set, method,
            sprintf("%.17g", value), sep = ","), "\n", sep = "")
cat("outcome,analysis,statistic,of,contrast,group,cause,time,adjustment_set,method,value\n")
pair <- "1 vs 2"
times <- c(1, 5, 10) * 365.25
fit <- survfit(Surv(time, free) ~ trt, d, conf.type = "log-log")
at <- summary(fit, times = times)
for (i in seq_along(at$time)) {
  g <- sub("trt=", "", at$strata[i])
  say("transplant_free", "survival", "survival", at$surv[i], group = g, time = at$time[i])
  say("transplant_free", "survival", "conf_low", at$lower[i], of = "survival", group = g, time = at$time[i])
  say("transplant_free", "survival", "conf_high", at$upper[i], of = "survival", group = g, time = at$time[i])
}
say("transplant_free", "log_rank", "p", pchisq(survdiff(Surv(time, free) ~ trt, d)$chisq, 1, lower.tail = FALSE),
    contrast = "1 / 2")
incidence <- cuminc(d$time, d$status, d$trt, cencode = 0)
points <- timepoints(incidence, times)
for (g in 1:2) for (k in 1:2) for (i in seq_along(times))
  say("death", "cumulative_incidence", "cumulative_incidence", points$est[paste(g, k), i], group = g,
      cause = c("transplant", "event")[k], time = times[i])
say("death", "gray", "p", incidence$Tests["2", "pv"], contrast = "1 / 2")
say("death", "fine_gray", "subdistribution_hazard_ratio", contrast = pair,
    exp(crr(d$time, d$status, cbind(d$trt == 1), failcode = 2, cencode = 0, gtol = 1e-12, maxiter = 100)$coef))
right <- ~ . + age + sex + edema + lbili + albumin + protime + stage + lcopper + platelet + lchol + ltrig
whole <- d[complete.cases(d[c("lcopper", "platelet", "lchol", "ltrig")]), ]
for (outcome in c("death", "transplant_free")) {
  event <- if (outcome == "death") "dead" else "free"
  formula <- as.formula(paste0("Surv(time, ", event, ") ~ arm"))
  crude <- summary(coxph(formula, d, control = tight))
  adjusted <- summary(coxph(update(formula, right), whole, control = tight))
  for (each in list(list("cox", crude, ""), list("regression", adjusted, "confounders"))) {
    x <- each[[2]]$conf.int[1, ]
    method <- paste0(if (outcome == "death") "cause-specific " else "", "cox")
    say(outcome, each[[1]], "hazard_ratio", x[1], contrast = pair, adjustment_set = each[[3]], method = method)
    say(outcome, each[[1]], "conf_low", x[3], of = "hazard_ratio", contrast = pair, adjustment_set = each[[3]], method = method)
    say(outcome, each[[1]], "conf_high", x[4], of = "hazard_ratio", contrast = pair, adjustment_set = each[[3]], method = method)
    say(outcome, each[[1]], "p", each[[2]]$coefficients[1, 5], of = if (each[[3]] == "") "" else "hazard_ratio",
        contrast = pair, adjustment_set = each[[3]], method = method)
  }
}
# Imputation: the same variables in each equation; of every outcome its events and their Nelson-Aalen hazards.
hazard <- function(event) nelsonaalen(data.frame(time = d$time, event = event), time, event)
v <- d[c("arm", "age", "sex", "edema", "lbili", "albumin", "protime", "stage", "lcopper", "platelet", "lchol", "ltrig",
         "ast", "hepato", "spiders", "ascites", "dead", "free")]
v$transplant <- as.integer(d$status == 1)
v$hd <- hazard(v$dead); v$hf <- hazard(v$free); v$ht <- hazard(v$transplant)
imputed <- mice(v, m = 200, maxit = 10, method = "pmm", seed = 1, printFlag = FALSE, eps = 0)
for (outcome in c("death", "transplant_free")) {
  fits <- lapply(seq_len(200), function(i) {
    x <- complete(imputed, i); x$time <- d$time
    formula <- as.formula(paste0("Surv(time, ", if (outcome == "death") "dead" else "free", ") ~ arm"))
    coxph(update(formula, right), x)
  })
  b <- sapply(fits, function(f) coef(f)[1]); u <- sapply(fits, function(f) vcov(f)[1, 1])
  p <- pool.scalar(b, u, n = fits[[1]]$nevent + 1, k = length(coef(fits[[1]])) + 1)
  say(outcome, "mice", "log_hazard_ratio", p$qbar, contrast = pair)
  say(outcome, "mice", "std_error", sqrt(p$t), contrast = pair)
  say(outcome, "mice", "between", p$b, contrast = pair)
}
