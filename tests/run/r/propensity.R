# What R says about the weights of examples/colon/study.yaml: score, balance, effective sizes, weighted differences, ratio
# and test, whose errors know that the score is estimated (as in tests/compare/r/weighting.R: dfbeta of each fit, and the
# derivative of the whole fit by the coefficients of glm, by Richardson's extrapolation of central differences).
# From the repository's root: Rscript tests/run/r/propensity.R > tests/run/r/propensity.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressMessages(library(survival))
all <- read.csv("examples/colon/data/colon.csv", check.names = FALSE); all <- all[all$etype == 2, ]
names <- c("age", "sex", "obstruct", "adhere", "node4", "differ", "extent", "surg")
all <- all[complete.cases(all[, names]), ]
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
say <- function(contrast, estimand, statistic, key, value) cat(paste(contrast, estimand, statistic, key, sprintf("%.17g", value), sep = ","), "\n", sep = "")
cat("contrast,estimand,statistic,key,value\n")
times <- c(1, 3, 5) * 365.25; tau <- 5 * 365.25
for (arm in c("Lev", "Lev+5FU")) {
  contrast <- paste(arm, "vs Obs")
  d <- all[all$rx %in% c(arm, "Obs"), ]; d$a <- as.numeric(d$rx == arm)
  x <- model.matrix(~ age + sex + obstruct + adhere + node4 + factor(differ) + factor(extent) + surg, d)
  fit <- glm(d$a ~ x - 1, family = binomial, control = glm.control(epsilon = 1e-14, maxit = 100)); b0 <- coef(fit); e <- fitted(fit)
  preference <- e / (e + mean(d$a) / (1 - mean(d$a)) * (1 - e))
  for (g in 1:0) say(contrast, "", "equipoise", c("Obs", arm)[g + 1], mean((preference >= 0.3 & preference <= 0.7)[d$a == g]))
  lowest <- max(tapply(e, d$a, min)); highest <- min(tapply(e, d$a, max))
  for (g in 1:0) say(contrast, "", "outside_support", c("Obs", arm)[g + 1], mean((e < lowest | e > highest)[d$a == g]))
  say(contrast, "", "c_statistic", "", mean(outer(e[d$a == 1], e[d$a == 0], ">") + outer(e[d$a == 1], e[d$a == 0], "==") / 2))
  weight <- function(b, estimand) { e <- plogis(drop(x %*% b)); a <- d$a
    switch(estimand, ATE = a / e + (1 - a) / (1 - e), ATO = a * (1 - e) + (1 - a) * e) }
  statistics <- function(w) { d$w <- w
    cx <- coxph(Surv(time, status) ~ a, d, weights = w, ties = "efron", control = tight, robust = TRUE)
    br <- coxph(Surv(time, status) ~ a, d, weights = w, ties = "breslow", init = 0, control = coxph.control(iter.max = 0), robust = TRUE)
    kept <- list(value = c(unname(coef(cx)), sum(w * residuals(br, "score"))), own = cbind(residuals(cx, "dfbeta", weighted = TRUE), w * residuals(br, "score")))
    s <- list(); inf <- list(); area <- c(); ia <- list()
    for (g in 1:0) { f <- survfit(Surv(time, status) ~ 1, d, weights = w, subset = a == g, robust = TRUE, influence = 1)
      k <- findInterval(times, f$time); one <- matrix(0, nrow(d), length(times)); one[d$a == g, ] <- f$influence.surv[, k]
      before <- f$time < tau; step <- c(0, f$time[before], tau); another <- numeric(nrow(d))
      another[d$a == g] <- f$influence.surv[, before, drop = FALSE] %*% diff(step)[-1]
      s[[2 - g]] <- f$surv[k]; inf[[2 - g]] <- one; area[2 - g] <- sum(diff(step) * c(1, f$surv[before])); ia[[2 - g]] <- another }
    kept$value <- c(kept$value, s[[1]] - s[[2]], area[1] - area[2]); kept$own <- cbind(kept$own, inf[[1]] - inf[[2]], ia[[1]] - ia[[2]]); kept }
  central <- function(f, at, j, h) { p <- at; m <- at; p[j] <- p[j] + h; m[j] <- m[j] - h; (f(p) - f(m)) / (2 * h) }
  slope <- function(f, at, scale) sapply(seq_along(at), function(j) { h <- scale[j]; (4 * central(f, at, j, h / 2) - central(f, at, j, h)) / 3 })
  v <- function(z) if (all(z %in% 0:1)) mean(z) * (1 - mean(z)) else var(z)
  for (estimand in c("ATE", "ATO")) { w <- weight(b0, estimand); k <- statistics(w)
    error <- ((d$a - e) * x) %*% solve(crossprod(x, x * e * (1 - e)))
    error <- error %*% t(slope(function(b) statistics(weight(b, estimand))$value, b0, 1e-3 / apply(abs(x), 2, max)))
    se <- sqrt(colSums((k$own + error)^2)); z <- qnorm(0.975); r <- k$value
    say(contrast, estimand, "hazard_ratio", "", exp(r[1])); say(contrast, estimand, "hazard_ratio:low", "", exp(r[1] - z * se[1]))
    say(contrast, estimand, "hazard_ratio:high", "", exp(r[1] + z * se[1]))
    say(contrast, estimand, "p", "", pchisq((r[2] / se[2])^2, 1, lower.tail = FALSE))
    for (j in 1:3) { say(contrast, estimand, "survival_difference", times[j], r[2 + j]); say(contrast, estimand, "survival_difference:low", times[j], r[2 + j] - z * se[2 + j])
      say(contrast, estimand, "survival_difference:high", times[j], r[2 + j] + z * se[2 + j]) }
    say(contrast, estimand, "restricted_mean_difference", tau, r[6]); say(contrast, estimand, "restricted_mean_difference:low", tau, r[6] - z * se[6])
    say(contrast, estimand, "restricted_mean_difference:high", tau, r[6] + z * se[6])
    for (g in 1:0) say(contrast, estimand, "effective_n", c("Obs", arm)[g + 1], sum(w[d$a == g])^2 / sum(w[d$a == g]^2))
    for (name in c("age", "sex", "node4")) { y <- d[[name]]; spread <- sqrt((v(y[d$a == 1]) + v(y[d$a == 0])) / 2)
      means <- function(w) weighted.mean(y[d$a == 1], w[d$a == 1]) - weighted.mean(y[d$a == 0], w[d$a == 0])
      if (estimand == "ATE") { say(contrast, "", "smd", name, means(rep(1, nrow(d))) / spread); say(contrast, estimand, "smd", name, means(w) / spread) } }
    own <- function(g) { y <- d$age[d$a == g]; u <- w[d$a == g]; cov.wt(cbind(y), u / sum(u))$cov[1] }
    say(contrast, estimand, "variance_ratio", "age", own(1) / own(0)) }
}
