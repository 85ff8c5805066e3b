# For test_imputed_models.py: pooled tests of several parameters (D1), pooled probabilities, Nelson-Aalen hazards, and Cox
# models of data imputed by mice. D1 is written out from Li, Raghunathan and Rubin 1991 and Reiter 2007: mice hands it to
# a package (mitml) that is not in Debian. Every fifth patient has a missing value more, in a binary column. Run in this folder: Rscript imputed_models.R > imputed_models.json
suppressMessages({library(mice); library(survival)})
number <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), '"inf"', sprintf("%.17g", x)))
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
rows <- function(m) paste0("[", paste(apply(m, 1, list_of), collapse = ", "), "]")
d1 <- function(q, u, dfcom = NULL) { k <- ncol(q); m <- nrow(q); Q <- colMeans(q); U <- Reduce(`+`, u) / m; B <- cov(q)
  r <- (1 + 1 / m) * sum(diag(B %*% solve(U))) / k; f <- drop(t(Q) %*% solve((1 + r) * U) %*% Q) / k; t <- k * (m - 1)
  if (is.null(dfcom)) v <- if (t > 4) 4 + (t - 4) * (1 + (1 - 2 / t) / r)^2 else t * (1 + 1 / k) * (1 + 1 / r)^2 / 2 else {
    a <- r * t / (t - 2); vs <- (dfcom + 1) / (dfcom + 3) * dfcom; o <- 1 / (t - 4); x <- vs - 2 * (1 + a); y <- vs - 4 * (1 + a)
    z <- 1 / y + o * (a^2 * x / ((1 + a)^2 * y)) + o * (8 * a^2 * x / ((1 + a) * y^2) + 4 * a^2 / ((1 + a) * y)) + o * (4 * a^2 / (y * x) + 16 * a^2 * x / y^3) + o * (8 * a^2 / y^2); v <- 4 + 1 / z }
  sprintf('    {"coefs": %s, "covariances": [%s], "complete_df": %s, "statistic": %s, "df": %d, "df_denominator": %s, "p": %s, "increase": %s}',
    rows(q), paste(sapply(u, rows), collapse = ", "), if (is.null(dfcom)) '"inf"' else number(dfcom), number(f), k, number(v), number(pf(f, k, v, lower.tail = FALSE)), number(r)) }
d <- lung; d$status <- d$status - 1; d$sex <- d$sex - 1; d$limp <- factor(as.integer(d$ph.ecog >= 1)); d$limp[seq(3, nrow(d), 5)] <- NA; d$H <- nelsonaalen(d, time, status)
d <- d[, c("time", "status", "H", "age", "sex", "limp", "wt.loss", "meal.cal", "pat.karno")]
m <- 200; p <- make.predictorMatrix(d); p[, "time"] <- 0
imp <- mice(d, m = m, maxit = 10, seed = 1, printFlag = FALSE, predictorMatrix = p, donors = 5)
fits <- with(imp, coxph(Surv(time, status) ~ age + sex + limp + wt.loss + meal.cal + pat.karno))$analyses
q <- t(sapply(fits, coef)); u <- lapply(fits, vcov); pooled <- summary(pool(fits, dfcom = 1e9), conf.int = TRUE)
s <- sapply(1:5, function(i) { z <- complete(imp, i); z <- z[z$meal.cal < 900, ]; f <- summary(survfit(Surv(time, status) ~ 1, z), times = c(180, 365)); c(f$surv, f$std.err) })
link <- apply(s, 2, function(x) { g <- log(-log(x[1:2])); c(g, (x[3:4] / (x[1:2] * log(x[1:2])))^2) })
prob <- sapply(1:2, function(j) { z <- pool.scalar(link[j, ], link[j + 2, ], n = Inf, k = 1); r <- qt(0.975, z$df) * sqrt(z$t); c(exp(-exp(z$qbar)), exp(-exp(z$qbar + r)), exp(-exp(z$qbar - r)), z$df, z$fmi) })
one <- lapply(fits[1:6], function(f) vcov(f)[3:4, 3:4])
f <- summary(survfit(Surv(time, status) ~ 1, d, ctype = 1), times = sort(unique(d$time)))
# nelsonaalen of mice takes Efron's steps 1/n + 1/(n-1) + ... at ties (basehaz of a Cox model without covariates).
e <- subset(heart, TRUE); na <- summary(survfit(Surv(start, stop, event) ~ 1, e, ctype = 1), times = sort(unique(c(e$start, e$stop))))
at <- function(x) c(0, na$cumhaz)[findInterval(x, na$time) + 1]
cat("{\n", sprintf('  "made_with": "%s, mice %s, survival %s",\n', R.version.string, packageVersion("mice"), packageVersion("survival")),
  '  "wald": [\n', paste(c(d1(q[1:6, 3:4], one), d1(q[1:6, 3:4], one, 150), d1(q[1:2, 3:4], one[1:2]), d1(q[1:6, 3:5], lapply(fits[1:6], function(f) vcov(f)[3:5, 3:5]), 60)), collapse = ",\n"), "\n  ],\n",
  sprintf('  "probabilities": {"estimates": %s, "std_errs": %s, "pooled": %s},\n', rows(t(s[1:2, ])), rows(t(s[3:4, ])), rows(prob)),
  sprintf('  "nelson_aalen": %s,\n', list_of(f$cumhaz[match(d$time, f$time)])),
  sprintf('  "entry": {"start": %s, "stop": %s, "event": %s, "hazard": %s},\n', list_of(e$start), list_of(e$stop), list_of(e$event), list_of(at(e$stop) - at(e$start))),
  sprintf('  "lung": {"time": %s, "status": %s, "age": %s, "sex": %s, "limp": %s, "wt_loss": %s, "meal_cal": %s, "karno": %s},\n', list_of(d$time), list_of(d$status), list_of(d$age), list_of(d$sex), list_of(as.integer(d$limp) - 1), list_of(d$wt.loss), list_of(d$meal.cal), list_of(d$pat.karno)),
  sprintf('  "cox": {"m": %d, "estimate": %s, "std_err": %s, "between_sd": %s, "fmi": %s}\n', m, list_of(pooled$estimate), list_of(pooled$std.error), list_of(apply(q, 2, sd)), list_of(pool(fits, dfcom = 1e9)$pooled$fmi)), "}\n", sep = "")
