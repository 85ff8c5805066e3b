# The MaxCombo p value from the numerical integration of the package mvtnorm, for test_max_combo.py. The z values and their
# covariance are written out from the definition. Run in this folder: Rscript max_combo.R > max_combo.json
library(survival); library(mvtnorm)
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
weights <- list(c(0, 0), c(0, 1), c(1, 1), c(1, 0))
combo <- function(time, event, first, strata = rep(1, length(time))) {
  U <- numeric(4); V <- matrix(0, 4, 4)
  for (s in unique(strata)) { S <- 1
    for (t in sort(unique(time[event & strata == s]))) {
      at <- time >= t & strata == s; n <- sum(at); n1 <- sum(at & first); d <- sum(event & time == t & strata == s); d1 <- sum(event & time == t & first & strata == s)
      w <- vapply(weights, function(g) S^g[1] * (1 - S)^g[2], 0); S <- S * (1 - d / n)
      U <- U + w * (d1 - d * n1 / n); if (n > 1) V <- V + outer(w, w) * n1 / n * (1 - n1 / n) * d * (n - d) / (n - 1) } }
  z <- U / sqrt(diag(V)); C <- cov2cor(V); m <- max(abs(z)); set.seed(1)
  p <- 1 - pmvnorm(rep(-m, 4), rep(m, 4), corr = C, algorithm = GenzBretz(maxpts = 5e6, abseps = 1e-7))
  sprintf('{"z": %s, "p": %.10g, "error": %.3g}', number(z), p, attr(p, "error"))
}
d <- na.omit(lung[, c("time", "status", "sex", "ph.ecog")])
cat("{\n", sprintf('  "made_with": "%s, mvtnorm %s",\n', R.version.string, packageVersion("mvtnorm")),
  '  "lung-sex": ', with(d, combo(time, status == 2, sex == 1)), ",\n",
  '  "lung-sex-by-ecog": ', with(d, combo(time, status == 2, sex == 1, ph.ecog)), ",\n",
  '  "veteran-trt": ', with(veteran, combo(time, status == 1, trt == 1)), ",\n",
  '  "ovarian-rx": ', with(ovarian, combo(futime, fustat == 1, rx == 1)), "\n}\n", sep = "")
