# What R says about standardisation on the colon trial: survival of examples/colon/study.yaml (means of survfit.coxph's
# predictions with each arm set for everybody; Efron), and the risk of obstruction of tests/run/test_adjusted.py's study
# (means of glm's predictions). Standard errors of differences: the infinitesimal jackknife, by central differences of the
# whole computation by each patient's weight. From the repository's root, some minutes:
# Rscript tests/run/r/standardised.R > tests/run/r/standardised.csv. Made with R 4.2.2 and survival 3.5-3.
suppressMessages(library(survival))
all <- read.csv("examples/colon/data/colon.csv", check.names = FALSE); all <- all[all$etype == 2, ]
all$rx <- factor(all$rx, c("Obs", "Lev", "Lev+5FU")); arms <- levels(all$rx)
times <- c(1, 3, 5) * 365.25; tau <- 5 * 365.25
say <- function(statistic, of, time, value) cat(paste(statistic, of, time, sprintf("%.17g", value), sep = ","), "\n", sep = "")
cat("statistic,of,time,value\n")
names <- c("age", "sex", "obstruct", "adhere", "node4", "differ", "extent", "surg")
d <- all[complete.cases(all[, names]), ]; d$differ <- factor(d$differ); d$extent <- factor(d$extent)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
survival <- function(w) { d$w <- w
  fit <- coxph(Surv(time, status) ~ rx + age + sex + obstruct + adhere + node4 + differ + extent + surg, d, weights = w, control = tight, robust = FALSE)
  x <- model.matrix(fit); b <- coef(fit); base <- survfit(fit, newdata = setNames(data.frame(factor("Obs", arms), 0, 0, 0, 0, 0, factor(1, 1:3), factor(1, 1:4), 0), c("rx", "age", "sex", "obstruct", "adhere", "node4", "differ", "extent", "surg")), se.fit = FALSE)
  h <- c(0, base$cumhaz); at <- base$time; k <- findInterval(times, at); before <- at < tau; widths <- diff(c(0, at[before], tau))
  sapply(arms, function(g) { z <- x; z[, 1:2] <- 0; if (g != "Obs") z[, paste0("rx", g)] <- 1; r <- exp(drop(z %*% b))
    s <- function(hazard) colSums(w * exp(-outer(r, hazard))) / sum(w)
    c(s(h[k + 1]), sum(widths * s(h[seq_along(widths)]))) }) }
one <- survival(rep(1, nrow(d)))
for (g in arms) { for (j in 1:3) say("survival", g, times[j], one[j, g]); say("restricted_mean", g, tau, one[4, g]) }
jackknife <- function(f, n, step = 1e-3) sapply(seq_len(n), function(i) { w <- rep(1, n); w[i] <- 1 + step; up <- f(w); w[i] <- 1 - step; (up - f(w)) / (2 * step) })
contrast <- function(w) { s <- survival(w); c(s[, 3] - s[, 1]) }
se <- sqrt(rowSums(jackknife(contrast, nrow(d))^2))
for (j in 1:3) say("survival_difference", "Lev+5FU vs Obs", times[j], one[j, 3] - one[j, 1])
say("restricted_mean_difference", "Lev+5FU vs Obs", tau, one[4, 3] - one[4, 1])
for (j in 1:3) say("survival_difference:error", "Lev+5FU vs Obs", times[j], se[j]); say("restricted_mean_difference:error", "Lev+5FU vs Obs", tau, se[4])
e <- all[complete.cases(all[, c("age", "sex", "differ", "obstruct")]), ]; e$differ <- factor(e$differ)
risk <- function(w) { fit <- suppressWarnings(glm(obstruct ~ rx + age + sex + differ, binomial, transform(e, w = w), weights = w, control = glm.control(epsilon = 1e-15, maxit = 100)))
  sapply(arms, function(g) weighted.mean(predict(fit, transform(e, rx = factor(g, arms)), type = "response"), w)) }
p <- risk(rep(1, nrow(e))); error <- jackknife(risk, nrow(e))
for (g in arms) { say("risk", g, "", p[g]); say("risk:error", g, "", sqrt(sum(error[match(g, arms), ]^2))) }
for (g in arms[2:3]) { say("risk_difference", paste(g, "vs Obs"), "", p[g] - p["Obs"]); say("risk_difference:error", paste(g, "vs Obs"), "", sqrt(sum((error[match(g, arms), ] - error[1, ])^2))) }
