# Breslow-Day tests, and the estimates beside rank tests, for test_strata_and_shifts_against_r.py.
# Run in this folder: Rscript strata_and_shifts.R > strata_and_shifts.json
number <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, '"Inf"', '"-Inf"'), sprintf("%.17g", x)))
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
rows <- function(m) paste0("[", paste(apply(m, 1, function(r) paste0("[", paste(r, collapse = ", "), "]")), collapse = ", "), "]")
by_row <- function(...) matrix(c(...), nrow = 2, byrow = TRUE)

# The events in row 1 that have the common odds ratio under a stratum's margins: the odds ratio itself, solved for its
# root, where the code under test solves a quadratic equation.
homogeneity <- function(tables) {
  psi <- sum(sapply(tables, function(m) m[1, 1] * m[2, 2] / sum(m))) / sum(sapply(tables, function(m) m[1, 2] * m[2, 1] / sum(m)))
  part <- sapply(tables, function(m) {
    n1 <- sum(m[1, ]); n2 <- sum(m[2, ]); m1 <- sum(m[, 1]); lo <- max(0, m1 - n2); hi <- min(n1, m1)
    f <- function(x) log(x) + log(n2 - m1 + x) - log(n1 - x) - log(m1 - x) - log(psi)
    width <- hi - lo
    e <- uniroot(f, c(lo + 1e-12 * width, hi - 1e-12 * width), tol = 1e-15, maxiter = 10000)$root
    c(m[1, 1] - e, 1 / (1 / e + 1 / (n1 - e) + 1 / (m1 - e) + 1 / (n2 - m1 + e))) })
  plain <- sum(part[1, ]^2 / part[2, ]); tarone <- plain - sum(part[1, ])^2 / sum(part[2, ])
  c(psi, plain, tarone, pchisq(tarone, length(tables) - 1, lower.tail = FALSE))
}
admissions <- lapply(1:6, function(k) t(UCBAdmissions[, , k]))
sets <- list(admissions, list(by_row(24, 96, 12, 67), by_row(17, 26, 4, 32)), list(by_row(1, 9, 3, 7), by_row(2, 5, 1, 8), by_row(4, 4, 2, 6)),
  list(by_row(60, 94, 61, 70), by_row(27, 47, 22, 109)), list(by_row(150, 3, 140, 9), by_row(8, 2, 9, 30), by_row(1, 400, 5, 410)))
homogeneity_entry <- function(s) { v <- homogeneity(s)
  sprintf('    {"tables": [%s], "odds_ratio": %s, "breslow_day": %s, "tarone": %s, "p": %s}', paste(vapply(s, rows, ""), collapse = ", "), number(v[1]), number(v[2]), number(v[3]), number(v[4])) }

# Shifts: the limits by the normal approximation from the test itself, looked up on both sides of every difference;
# wilcox.test seeks the same places with a root finder that stops at 1e-4: a coarse check.
z_at <- function(d, x, y) { r <- rank(c(x - d, y)); n1 <- length(x); n2 <- length(y); t <- table(r)
  dz <- sum(r[seq_along(x)]) - n1 * (n1 + 1) / 2 - n1 * n2 / 2
  (dz - sign(dz) * 0.5) / sqrt(n1 * n2 / 12 * (n1 + n2 + 1 - sum(t^3 - t) / ((n1 + n2) * (n1 + n2 - 1)))) }
shift <- function(x, y, level) {
  d <- sort(unique(round(as.vector(outer(x, y, "-")), 9))); z <- qnorm((1 + level) / 2)
  between <- c(d[1] - 1, (head(d, -1) + tail(d, -1)) / 2, tail(d, 1) + 1); at <- sapply(between, z_at, x = x, y = y)
  # the first difference after which the test no longer says that X - d is larger, and the last before it says smaller
  low <- d[max(1, sum(at > z))]; high <- d[min(length(d), sum(at >= -z))]
  w <- suppressWarnings(wilcox.test(x, y, exact = FALSE, conf.int = TRUE, conf.level = level))
  stopifnot(max(abs(w$conf.int - c(low, high))) < 2e-3)
  c(median(outer(x, y, "-")), low, high)
}
set.seed(11)
pairs <- list(list(c(5, 6, 6, 7, 9, 12, 14), c(4, 5, 5, 6, 7, 8, 8, 11)), list(rpois(30, 7), rpois(45, 9)), list(round(rexp(60, 1 / 8)), round(rexp(52, 1 / 6))),
  list(round(rnorm(20, 5), 1), round(rnorm(25, 5.5), 1)), list(rpois(6, 3), rpois(200, 2)))
shift_entry <- function(p, level) { v <- shift(p[[1]], p[[2]], level)
  sprintf('    {"a": %s, "b": %s, "conf_level": %s, "estimate": %s, "lower": %s, "upper": %s}', list_of(p[[1]]), list_of(p[[2]]), level, number(v[1]), number(v[2]), number(v[3])) }

# The relative effect from all pairs, its variance from the placements of every value, limits on the logit scale.
effect <- function(x, y, level) {
  over <- outer(x, y, function(a, b) (a > b) + (a == b) / 2); theta <- mean(over)
  se <- sqrt(var(rowMeans(over)) / length(x) + var(colMeans(over)) / length(y))
  plogis(qlogis(theta) + c(0, -1, 1) * qnorm((1 + level) / 2) * se / (theta * (1 - theta)))
}
grades <- list(list(c(0, 0, 1, 2, 2, 3, 5), c(0, 0, 0, 1, 1, 2)), list(rep(0:6, c(120, 30, 60, 40, 10, 6, 3)), rep(0:6, c(100, 40, 50, 20, 12, 2, 1))), list(c(1, 2), c(2, 3)), list(rep(0:2, c(3, 1, 9)), rep(0:2, c(30, 4, 1))))
effect_entry <- function(p, level) { v <- effect(p[[1]], p[[2]], level)
  sprintf('    {"a": %s, "b": %s, "conf_level": %s, "estimate": %s, "lower": %s, "upper": %s}', list_of(p[[1]]), list_of(p[[2]]), level, number(v[1]), number(v[2]), number(v[3])) }

section <- function(name, entries) sprintf('  "%s": [\n%s\n  ]', name, paste(entries, collapse = ",\n"))
cat("{\n", sprintf('  "made_with": "%s",\n', R.version.string), paste(c(section("homogeneity", vapply(sets, homogeneity_entry, "")),
  section("shift", c(vapply(pairs, shift_entry, "", level = 0.95), vapply(pairs, shift_entry, "", level = 0.9))),
  section("effect", c(vapply(grades, effect_entry, "", level = 0.95), vapply(grades, effect_entry, "", level = 0.9)))), collapse = ",\n"), "\n}\n", sep = "")
