# Funnel limits by qbinom and pbinom, winsorised overdispersion by quantile(), and mean run lengths of a risk-adjusted CUSUM
# simulated in R, for test_monitoring.py. Run in this folder: Rscript monitoring.R > monitoring.json
number <- function(x) sprintf("%.17g", x)
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
limit <- function(q, n, p) { r <- qbinom(q, n, p); a <- (pbinom(r, n, p) - q) / dbinom(r, n, p); pmax(r - a, 0) / n }
one <- function(p, level) { n <- c(1, 2, 5, 10, 32, 100, 285, 490, 3000); q <- (1 - level) / 2
  sprintf('    {"proportion": %s, "coverage": %s, "n": %s, "lower": %s, "upper": %s}', number(p), number(level), list_of(n), list_of(limit(q, n, p)), list_of(limit(1 - q, n, p))) }
set.seed(3); s <- runif(25, 0.05, 0.4); d <- rnorm(25, 0, sqrt(s^2 + 0.04)); d[1] <- 2
over <- function(w) { z <- d / s; b <- quantile(z, c(w, 1 - w)); v <- pmin(pmax(z, b[1]), b[2]); phi <- mean(v^2); w1 <- 1 / s^2
  sprintf('    {"winsorise": %s, "phi": %s, "tau": %s, "p": %s}', number(w), number(phi), number(sqrt(max(0, (25 * phi - 24) / (sum(w1) - sum(w1^2) / sum(w1))))), number(pchisq(sum(z^2), 24, lower.tail = FALSE))) }
risk <- c(0.01, 0.02, 0.02, 0.05, 0.08, 0.15, 0.3)
run <- function(h, R, true, times) { t <- numeric(times); for (i in seq_len(times)) { x <- 0; k <- 0
  while (x < h) { p <- sample(risk, 1); y <- runif(1) < true * p / (1 - p + true * p); x <- max(0, x + if (y) log(R / (1 - p + R * p)) else -log(1 - p + R * p)); k <- k + 1 }; t[i] <- k }; t }
lengths <- function(h, R, true, times) { t <- run(h, R, true, times)
  sprintf('    {"limit": %s, "odds_ratio": %s, "true": %s, "mean": %s, "error": %s, "within_100": %s, "times": %d}', number(h), number(R), number(true), number(mean(t)), number(sd(t) / sqrt(times)), number(mean(t <= 100)), times) }
cat("{\n", sprintf('  "made_with": "%s",\n', R.version.string), '  "binomial": [\n', paste(c(one(0.05, 0.95), one(0.05, 0.998), one(0.5, 0.95), one(0.012, 0.998)), collapse = ",\n"), "\n  ],\n",
  sprintf('  "deviation": %s,\n  "std_err": %s,\n', list_of(d), list_of(s)), '  "overdispersion": [\n', paste(c(over(0.1), over(0), over(0.2)), collapse = ",\n"), "\n  ],\n",
  sprintf('  "risk": %s,\n', list_of(risk)), '  "run_length": [\n', paste(c(lengths(1.5, 2, 1, 6000), lengths(2, 2, 2, 6000), lengths(1.2, 0.5, 1, 4000), lengths(1, 3, 1.5, 6000)), collapse = ",\n"), "\n  ]\n}\n", sep = "")
