# Rubin's rules of mice, and penalised (poly)tomous regressions at their maximum, for test_imputation.py.
# Standard errors of glm from the information at its coefficients: vcov takes the weights of the step before.
# Run in this folder: Rscript imputation.R > imputation.json
suppressMessages({library(mice); library(survival)})
number <- function(x) ifelse(is.infinite(x), '"inf"', sprintf("%.17g", x))
list_of <- function(x) paste(number(x), collapse = ", ")
pooled <- function(q, u, dfcom) {
  p <- pool.scalar(q, u, n = dfcom + 1, k = 1)  # mice takes n - k for the degrees of freedom of the complete data
  reach <- qt(0.975, p$df) * sqrt(p$t)
  sprintf('    {"estimates": [%s], "variances": [%s], "complete_df": %s, "estimate": %s, "std_err": %s, "df": %s, "fmi": %s, "lower": %s, "upper": %s, "p": %s}',
    list_of(q), list_of(u), number(dfcom), number(p$qbar), number(sqrt(p$t)), number(p$df), number(p$fmi),
    number(p$qbar - reach), number(p$qbar + reach), number(2 * pt(-abs(p$qbar / sqrt(p$t)), p$df)))
}
d <- subset(lung, !is.na(ph.ecog) & !is.na(wt.loss)); x <- cbind(1, scale(d$age), d$sex == 2, scale(d$wt.loss))
mode_of <- function(level, prior_sd) {
  k <- max(level); p <- ncol(x)
  height <- function(b) { m <- cbind(0, x %*% t(matrix(b, k, p))); -(sum(m[cbind(seq_along(level), level + 1)] - log(rowSums(exp(m)))) - sum(b^2) / (2 * prior_sd^2)) }
  b <- rep(0, k * p)
  for (i in 1:5) b <- optim(b, height, method = "BFGS", control = list(maxit = 5000, reltol = 1e-16))$par
  o <- list(par = b); h <- optimHess(o$par, height, control = list(ndeps = rep(1e-4, k * p)))
  b <- matrix(o$par, k, p)
  sprintf('    {"levels": %d, "prior_sd": %s, "height": %s, "mode": [%s], "std_err_of_first": [%s]}', k + 1, number(prior_sd), number(-height(o$par)),
    paste0("[", apply(b, 1, list_of), "]", collapse = ", "), list_of(sqrt(diag(solve(h)))[seq(1, k * p, by = k)]))
}
binary <- as.integer(d$ph.ecog >= 1); three <- pmin(d$ph.ecog, 2)
g <- glm(binary ~ x - 1, family = binomial, control = list(epsilon = 1e-15)); at <- fitted(g)
cat("{\n", sprintf('  "made_with": "%s, mice %s, survival %s",\n', R.version.string, packageVersion("mice"), packageVersion("survival")),
  '  "pool": [\n', paste(c(pooled(c(0.21, 0.35, 0.28, 0.4, 0.31), c(0.04, 0.05, 0.045, 0.041, 0.05), 517), pooled(c(-1.2, -0.8), c(0.2, 0.3), 30),
    pooled(seq(0.1, 0.3, length.out = 20), rep(0.01, 20), 100)), collapse = ",\n"), "\n  ],\n",
  sprintf('  "data": {"age": [%s], "sex": [%s], "wt_loss": [%s], "binary": [%s], "three": [%s]},\n', list_of(d$age), list_of(d$sex), list_of(d$wt.loss), list_of(binary), list_of(three)),
  sprintf('  "glm": {"coef": [%s], "std_err": [%s]},\n', list_of(unname(coef(g))), list_of(unname(sqrt(diag(solve(t(x) %*% (x * at * (1 - at)))))))),
  '  "modes": [\n', paste(c(mode_of(binary, 10), mode_of(three, 10), mode_of(three, 0.5)), collapse = ",\n"), "\n  ]\n}\n", sep = "")
