# Weighted comparisons with an estimated score, for test_weighting_against_r.py. The data: colon.csv of the colon example
# (from the R package survival), deaths, patients with every covariate; treated is the arm Lev+5FU.
# With the score known: survfit and coxph with robust variance. With the score estimated: dfbeta of these fits, and the
# derivative of the whole fit by the coefficients of glm, by Richardson's extrapolation of central differences.
# Run in this folder: Rscript weighting.R > weighting.json
suppressMessages(library(survival))
d <- read.csv("../../../examples/colon/data/colon.csv"); d <- d[d$etype == 2, ]
d <- d[complete.cases(d[, c("age", "nodes", "obstruct", "differ")]), ]; d$a <- as.numeric(d$rx == "Lev+5FU")
x <- model.matrix(~ age + nodes + obstruct + factor(differ), d); tau <- 1500; times <- c(365, 1095, 1825)
fit <- glm(d$a ~ x - 1, family = binomial, control = glm.control(epsilon = 1e-14, maxit = 100)); b0 <- coef(fit)
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
weight <- function(b, estimand, share = mean(d$a)) { e <- plogis(drop(x %*% b)); a <- d$a; switch(estimand, ate = a / e + (1 - a) / (1 - e),
  stabilised = share * a / e + (1 - share) * (1 - a) / (1 - e), att = a + (1 - a) * e / (1 - e), ato = a * (1 - e) + (1 - a) * e) }
statistics <- function(w) { d$w <- w
  cx <- coxph(Surv(time, status) ~ a, d, weights = w, ties = "efron", control = tight, robust = TRUE)
  br <- coxph(Surv(time, status) ~ a, d, weights = w, ties = "breslow", init = 0, control = coxph.control(iter.max = 0), robust = TRUE)
  kept <- list(coef = unname(coef(cx)), U = sum(w * residuals(br, "score"))); kept$score <- br$rscore; kept$se_cox <- sqrt(cx$var[1, 1])
  kept$if_cox <- residuals(cx, "dfbeta", weighted = TRUE); kept$if_U <- w * residuals(br, "score")
  for (g in 1:0) { s <- survfit(Surv(time, status) ~ 1, d, weights = w, subset = a == g, robust = TRUE, influence = 1); z <- summary(s, times = times)
    inf <- matrix(0, nrow(d), length(times)); k <- findInterval(times, s$time); inf[d$a == g, ] <- s$influence.surv[, k]
    step <- c(0, s$time[s$time <= tau], tau); height <- c(1, s$surv[s$time <= tau]); area <- sum(diff(step) * height)
    ia <- numeric(nrow(d)); ia[d$a == g] <- s$influence.surv[, s$time <= tau, drop = FALSE] %*% diff(step)[-1]
    kept[[paste0("s", g)]] <- z$surv; kept[[paste0("se", g)]] <- z$std.err; kept[[paste0("if", g)]] <- inf; kept[[paste0("area", g)]] <- area; kept[[paste0("ia", g)]] <- ia }
  kept }
plain <- function(w) { k <- statistics(w); c(k$coef, k$U, k$s1 - k$s0, k$area1 - k$area0) }
central <- function(f, at, j, h) { p <- at; m <- at; p[j] <- p[j] + h; m[j] <- m[j] - h; (f(p) - f(m)) / (2 * h) }
slope <- function(f, at, scale) sapply(seq_along(at), function(j) { h <- scale[j]; (4 * central(f, at, j, h / 2) - central(f, at, j, h)) / 3 })
number <- function(v) paste0("[", paste(sprintf("%.17g", v), collapse = ", "), "]")
entry <- function(estimand) { w <- weight(b0, estimand); k <- statistics(w); own <- cbind(k$if_cox, k$if_U, k$if1 - k$if0, k$ia1 - k$ia0)
  e <- fitted(fit); information <- solve(crossprod(x, x * e * (1 - e))); error <- ((d$a - e) * x) %*% information
  f <- function(b) plain(weight(b, estimand)); s <- slope(f, b0, 1e-3 / apply(abs(x), 2, max)); all <- own + error %*% t(s)
  if (estimand == "stabilised") { g <- slope(function(p) plain(weight(b0, estimand, p)), mean(d$a), 1e-3); all <- all + outer((d$a - mean(d$a)) / nrow(d), drop(g)) }
  known <- sqrt(colSums(own^2)); stopifnot(abs(known[1] / k$se_cox - 1) < 1e-8, abs(known[3:5] / sqrt(k$se1^2 + k$se0^2) - 1) < 1e-8)
  sprintf('    {"estimand": "%s", "estimate": %s, "std_err_score_known": %s, "std_err": %s, "robust_score_test": %.17g}', estimand, number(plain(w)), number(known), number(sqrt(colSums(all^2))), k$score) }
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")), sprintf('  "n": %d, "times": %s, "tau": %g,\n', nrow(d), number(times), tau),
  '  "order": "log hazard ratio (Efron), observed less expected, differences of survival at the times, of areas to tau",\n', '  "entries": [\n',
  paste(sapply(c("ate", "stabilised", "att", "ato"), entry), collapse = ",\n"), "\n  ]\n}\n", sep = "")
