# Coverage summed over every count, by R's own intervals or by definitions written out here; Rscript --vanilla.
z <- qnorm(0.975)

one <- function(n, p, limits) {
  held <- sapply(0:n, function(x) { l <- limits(x, n); l[1] <= p && p <= l[2] })
  sum(dbinom(0:n, n, p) * held)
}
clopper_pearson <- function(x, n) binom.test(x, n)$conf.int
wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int)

two <- function(n1, n2, p1, p2, held) {
  d1 <- dbinom(0:n1, n1, p1)
  d2 <- dbinom(0:n2, n2, p2)
  total <- 0
  for (a in 0:n1) for (b in 0:n2) {
    probability <- d1[a + 1] * d2[b + 1]
    if (probability > 1e-12) total <- total + probability * held(a, n1, b, n2, p1 - p2)
  }
  total
}
score <- function(x, n) {
  p <- x / n
  middle <- (p + z^2 / 2 / n) / (1 + z^2 / n)
  middle + c(-1, 1) * z / (1 + z^2 / n) * sqrt(p * (1 - p) / n + z^2 / 4 / n^2)
}
newcombe <- function(a, n, b, m, d) {
  u <- score(a, n)
  v <- score(b, m)
  found <- a / n - b / m
  found - sqrt((a / n - u[1])^2 + (v[2] - b / m)^2) <= d && d <= found + sqrt((u[2] - a / n)^2 + (b / m - v[1])^2)
}
wald <- function(a, n, b, m, d) {
  p <- a / n
  q <- b / m
  abs(p - q - d) <= z * sqrt(p * (1 - p) / n + q * (1 - q) / m)
}
# The limits hold d where the score test of d does not reject; the risks given d by a search of the likelihood.
miettinen_nurminen <- function(a, n, b, m, d) {
  loglik <- function(q) dbinom(a, n, q + d, log = TRUE) + dbinom(b, m, q, log = TRUE)
  ends <- c(max(0, -d) + 1e-12, min(1, 1 - d) - 1e-12)
  q <- optimize(loglik, ends, maximum = TRUE, tol = 1e-12)$maximum
  p <- q + d
  variance <- (p * (1 - p) / n + q * (1 - q) / m) * (n + m) / (n + m - 1)
  (a / n - b / m - d)^2 <= z^2 * variance
}

for (case in list(c(32, 0.03), c(32, 0.1), c(32, 0.3), c(490, 0.03))) {
  cat(sprintf("(%g, %g): (%.7f, %.7f)\n", case[1], case[2],
    one(case[1], case[2], clopper_pearson), one(case[1], case[2], wilson)))
}
for (case in list(c(32, 32, 0.1, 0.1), c(32, 32, 0.5, 0.2), c(32, 490, 0.1, 0.03), c(32, 490, 0.3, 0.3))) {
  found <- sapply(list(newcombe, miettinen_nurminen, wald), function(f) two(case[1], case[2], case[3], case[4], f))
  cat(sprintf("(%g, %g, %g, %g): (%.7f, %.7f, %.7f)\n", case[1], case[2], case[3], case[4], found[1], found[2], found[3]))
}
# Exact Hodges-Lehmann limits: the q-th smallest and largest difference miss with probability 2 P(W <= q - 1).
for (case in list(c(8, 8), c(20, 5))) {
  q <- qwilcox(0.025, case[1], case[2])
  cat(sprintf("Hodges-Lehmann %g, %g: %.7f\n", case[1], case[2], 1 - 2 * pwilcox(q - 1, case[1], case[2])))
}
# Firth's penalty in a 2 x 2 table: half an observation in every cell; the profile maximises over the first log odds.
firth <- function(n1, n2, risk, odds_ratio) {
  loglik <- function(a, b, first, second) {
    part <- function(x, n, eta) (x + 0.5) * plogis(eta, log.p = TRUE) + (n - x + 0.5) * plogis(-eta, log.p = TRUE)
    part(a, n1, first) + part(b, n2, second)
  }
  odds <- odds_ratio * risk / (1 - risk)
  profile <- wald <- answered <- 0
  for (a in 0:n1) for (b in 0:n2) {
    probability <- dbinom(a, n1, risk) * dbinom(b, n2, odds / (1 + odds))
    if (probability < 1e-13) next
    best <- loglik(a, b, qlogis((a + 0.5) / (n1 + 1)), qlogis((b + 0.5) / (n2 + 1)))
    along <- function(eta) loglik(a, b, eta, eta + log(odds_ratio))
    held <- 2 * (best - optimize(along, c(-30, 30), maximum = TRUE, tol = 1e-10)$objective) <= z^2
    profile <- profile + probability * held
    cells <- c(a, n1 - a, b, n2 - b)
    if (all(cells > 0)) {
      answered <- answered + probability
      found <- log(cells[2] * cells[3] / cells[1] / cells[4])
      wald <- wald + probability * (abs(found - log(odds_ratio)) <= z * sqrt(sum(1 / cells)))
    }
  }
  c(profile, wald / answered)
}
for (case in list(c(20, 20, 0.3, 3), c(15, 15, 0.05, 6), c(490, 32, 0.03, 2))) {
  found <- firth(case[1], case[2], case[3], case[4])
  cat(sprintf("Firth %g, %g, %g, %g: (%.7f, %.7f)\n", case[1], case[2], case[3], case[4], found[1], found[2]))
}
