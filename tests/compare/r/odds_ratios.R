# Mid-p odds ratios, and common odds ratios over strata, solved far beyond the tolerance of R's own root finders, for
# test_odds_ratios_against_r.py. Run in this folder: Rscript odds_ratios.R > odds_ratios.json
number <- function(x) ifelse(is.infinite(x), ifelse(x > 0, '"Inf"', '"-Inf"'), sprintf("%.17g", x))
rows <- function(m) paste0("[", paste(apply(m, 1, function(r) paste0("[", paste(r, collapse = ", "), "]")), collapse = ", "), "]")
by_row <- function(...) matrix(c(...), nrow = 2, byrow = TRUE)
solve_for <- function(f) exp(uniroot(function(b) f(exp(b)), c(-15, 15), tol = 1e-15, maxiter = 10000)$root)
density_at <- function(log_density, support, psi) { l <- log_density + support * log(psi); w <- exp(l - max(l)); w / sum(w) }

mid_p <- function(m, level) {
  x <- m[1, 1]; n1 <- sum(m[, 1]); n2 <- sum(m[, 2]); k <- sum(m[1, ]); s <- max(0, k - n2):min(k, n1); l <- dhyper(s, n1, n2, k, log = TRUE)
  at <- function(psi) { d <- density_at(l, s, psi); sum(d[s < x]) + d[s == x] / 2 }
  vapply(c(0.5, (1 + level) / 2, (1 - level) / 2), function(share) solve_for(function(psi) at(psi) - share), 0)
}
common <- function(tables, level) {
  density <- 1; lowest <- 0; x <- 0
  for (m in tables) { n1 <- sum(m[, 1]); n2 <- sum(m[, 2]); k <- sum(m[1, ]); s <- max(0, k - n2):min(k, n1)
    d <- dhyper(s, n1, n2, k); new <- numeric(length(density) + length(d) - 1)
    for (i in seq_along(d)) new[i - 1 + seq_along(density)] <- new[i - 1 + seq_along(density)] + d[i] * density
    density <- new; lowest <- lowest + s[1]; x <- x + m[1, 1] }
  s <- lowest + seq_along(density) - 1; l <- log(density); a <- (1 - level) / 2
  v <- c(solve_for(function(psi) sum(s * density_at(l, s, psi)) - x), solve_for(function(psi) log(sum(density_at(l, s, psi)[s >= x]) / a)),
    solve_for(function(psi) log(sum(density_at(l, s, psi)[s <= x]) / a)))
  # mantelhaen.test stops its root finder at 1e-4: a coarse check of the equations solved here
  r <- mantelhaen.test(array(unlist(tables), c(2, 2, length(tables))), exact = TRUE, conf.level = level)
  stopifnot(isTRUE(all.equal(c(r$estimate, r$conf.int), v, tolerance = 0.01, check.attributes = FALSE)))
  v
}
tables <- list(by_row(56, 14, 48, 32), by_row(9, 1, 3, 7), by_row(112, 26, 53, 37), by_row(1, 199, 7, 203), by_row(30, 90, 18, 102))
strata <- list(list(by_row(24, 23, 12, 67), by_row(17, 26, 4, 32)), list(by_row(9, 1, 3, 7), by_row(2, 5, 1, 8), by_row(4, 4, 2, 6)), list(by_row(73, 150, 110, 120), by_row(50, 31, 58, 26)))
one <- function(m, level) { v <- number(mid_p(m, level)); sprintf('    {"table": %s, "conf_level": %s, "estimate": %s, "lower": %s, "upper": %s}', rows(m), level, v[1], v[2], v[3]) }
two <- function(s, level) { v <- number(common(s, level)); sprintf('    {"tables": [%s], "conf_level": %s, "estimate": %s, "lower": %s, "upper": %s}', paste(vapply(s, rows, ""), collapse = ", "), level, v[1], v[2], v[3]) }
section <- function(name, entries) sprintf('  "%s": [\n%s\n  ]', name, paste(entries, collapse = ",\n"))
cat("{\n", sprintf('  "made_with": "%s",\n', R.version.string), section("mid_p", c(vapply(tables, one, "", level = 0.95), vapply(tables, one, "", level = 0.9))), ",\n",
  section("common", vapply(strata, two, "", level = 0.95)), "\n}\n", sep = "")
