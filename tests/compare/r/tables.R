# Tables beyond the reference set for test_tables_against_r.py. Run in this folder: Rscript tables.R > tables.json
number <- function(x) {
  text <- ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, '"Inf"', '"-Inf"'), sprintf("%.17g", x)))
  if (length(x) == 1) text else paste0("[", paste(text, collapse = ", "), "]")
}
rows <- function(m) paste0("[", paste(apply(m, 1, function(r) paste0("[", paste(r, collapse = ", "), "]")), collapse = ", "), "]")
by_row <- function(n, ...) matrix(c(...), nrow = n, byrow = TRUE)

# Fisher, r x c
fisher_tables <- list(
  by_row(3, 10, 22, 120, 180, 60, 130), by_row(3, 0, 32, 20, 280, 4, 186), by_row(3, 3, 1, 0, 2, 2, 2, 0, 1, 5),
  by_row(2, 1, 0, 4, 2, 6, 3, 3, 0), by_row(3, 10, 12, 10, 120, 100, 80, 60, 70, 60), by_row(3, 4, 4, 4, 4, 4, 4, 4, 4, 4),
  by_row(4, 3, 2, 1, 4, 5, 2, 2, 3, 1, 4, 1, 6, 2, 0, 1, 5, 1, 1, 2, 3), by_row(5, 3, 1, 9, 4, 2, 8, 6, 6, 1, 12),
  by_row(3, 20, 0, 0, 0, 20, 0, 0, 0, 20), by_row(3, 5, 11, 16, 0, 60, 120, 60, 60, 70, 60, 30, 30),
  by_row(5, 1, 0, 2, 1, 0, 0, 2, 0, 0, 1, 1, 1, 3, 0, 0, 0, 0, 1, 2, 1, 2, 0, 0, 1, 1)
)
fisher <- vapply(fisher_tables, function(m) sprintf('    {"table": %s, "p": %s}', rows(m), number(fisher.test(m, workspace = 2e8)$p.value)), "")

# Fisher, 2 x 2: the conditional odds ratio and its limits solved far beyond fisher.test's own tolerance
density_at <- function(psi, lo, hi, n1, n2, k) { s <- lo:hi; l <- dhyper(s, n1, n2, k, log = TRUE) + s * log(psi); exp(l - max(l)) / sum(exp(l - max(l))) }
solve_for <- function(f) exp(suppressWarnings(uniroot(function(b) f(exp(b)), c(-40, 40), tol = 1e-15, maxiter = 10000))$root)
conditional <- function(m, conf_level) {
  x <- m[1, 1]; n1 <- sum(m[, 1]); n2 <- sum(m[, 2]); k <- sum(m[1, ]); lo <- max(0, k - n2); hi <- min(k, n1); s <- lo:hi
  d <- function(psi) density_at(psi, lo, hi, n1, n2, k); a <- (1 - conf_level) / 2
  c(if (x == lo) 0 else if (x == hi) Inf else solve_for(function(psi) sum(s * d(psi)) - x),
    if (x == lo) 0 else solve_for(function(psi) log(sum(d(psi)[s >= x]) / a)),
    if (x == hi) Inf else solve_for(function(psi) log(sum(d(psi)[s <= x]) / a)))
}
pairs <- list(by_row(2, 12, 5, 3, 9), by_row(2, 3, 1, 1, 3), by_row(2, 0, 7, 8, 4), by_row(2, 120, 80, 95, 105), by_row(2, 144, 14, 144, 10),
  by_row(2, 2, 30, 60, 430), by_row(2, 7, 0, 2, 5), by_row(2, 1, 200, 9, 210))
conditional_entry <- function(m, conf_level) {
  v <- conditional(m, conf_level); f <- fisher.test(m, conf.level = conf_level)
  # fisher.test stops its own root finder at 1e-4 absolutely: a coarse check of the equations solved here
  stopifnot(isTRUE(all.equal(c(f$estimate, f$conf.int), v, tolerance = 0.02, check.attributes = FALSE)))
  sprintf('    {"table": %s, "conf_level": %s, "p": %s, "estimate": %s, "lower": %s, "upper": %s}', rows(m), conf_level, number(f$p.value), number(v[1]), number(v[2]), number(v[3]))
}
two_by_two <- c(vapply(pairs, conditional_entry, "", conf_level = 0.95), vapply(pairs, conditional_entry, "", conf_level = 0.9))

# p.adjust, with NA and ties
families <- list(c(0.01, 0.04, 0.03), c(0.463, 0.497, NA, 0.0004), c(0.02, 0.02, 0.5, 1, 0.0001, 0.02), 0.7, c(NA_real_, NA_real_), c(0, 1, 1e-300), c(0.31, 0.002, 0.8, 0.047, 0.02, 0.0007, 0.6, 0.11, 0.049, 0.5, 0.03, 0.9))
adjust_entry <- function(p) sprintf('    {"p": [%s], "holm": [%s], "bonferroni": [%s], "benjamini-hochberg": [%s]}',
  paste(number_each(p), collapse = ", "), paste(number_each(p.adjust(p, "holm")), collapse = ", "),
  paste(number_each(p.adjust(p, "bonferroni")), collapse = ", "), paste(number_each(p.adjust(p, "BH")), collapse = ", "))
number_each <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
adjusted <- vapply(families, adjust_entry, "")

# Wilcoxon: exact without ties, and the default choice of wilcox.test with them
set.seed(7)
samples <- list(list(a = c(1.1, 2.2, 3.3), b = c(4.4, 5.5, 6.6, 7.7)), list(a = 5, b = c(1, 2, 3)), list(a = round(rnorm(20), 6), b = round(rnorm(31, 0.6), 6)),
  list(a = round(rnorm(49), 6), b = round(rnorm(49, 0.3), 6)), list(a = round(rnorm(50), 6), b = round(rnorm(12, 0.3), 6)), list(a = c(1, 2, 2, 3), b = c(2, 3, 3, 5, 6)))
wilcoxon_entry <- function(s) { w <- suppressWarnings(wilcox.test(s$a, s$b)); u <- suppressWarnings(wilcox.test(s$a, s$b, exact = FALSE, correct = FALSE))
  sprintf('    {"a": [%s], "b": [%s], "w": %s, "p_default": %s, "p_uncorrected": %s}', paste(number_each(s$a), collapse = ", "), paste(number_each(s$b), collapse = ", "), number(unname(w$statistic)), number(w$p.value), number(u$p.value)) }
wilcoxon <- vapply(samples, wilcoxon_entry, "")

# Mantel-Haenszel risk difference with Sato's variance, stratum by stratum as Sato (1989) writes it: no R package of the
# standard library has it. The strata: UCBAdmissions (admitted by sex, 6 departments), a sparse set, one stratum.
sato <- function(tables, conf_level) {
  weight <- part_p <- part_q <- top <- 0
  for (m in tables) { a <- m[1, 1]; b <- m[2, 1]; N1 <- sum(m[1, ]); N0 <- sum(m[2, ]); N <- N1 + N0; if (N1 == 0 || N0 == 0) next
    weight <- weight + N1 * N0 / N; top <- top + N1 * N0 / N * (a / N1 - b / N0)
    part_p <- part_p + ((N1 / N)^2 * b - (N0 / N)^2 * a + (N1 / N) * (N0 / N) * (N0 - N1) / 2)
    part_q <- part_q + (a * (N0 - b) / N + b * (N1 - a) / N) / 2 }
  rd <- top / weight; se <- sqrt((rd * part_p + part_q) / weight^2); z <- qnorm(1 - (1 - conf_level) / 2); c(rd, rd - z * se, rd + z * se)
}
admissions <- lapply(1:6, function(k) t(UCBAdmissions[, , k]))
sparse <- list(by_row(2, 1, 0, 0, 2), by_row(2, 0, 3, 0, 2), by_row(2, 2, 1, 1, 1), by_row(2, 0, 0, 3, 4), by_row(2, 4, 6, 2, 9))
strata_sets <- list(admissions, sparse, list(by_row(2, 12, 5, 3, 9)))
difference_entry <- function(tables) { v <- sato(tables, 0.95)
  sprintf('    {"tables": [%s], "difference": %s, "lower": %s, "upper": %s}', paste(vapply(tables, rows, ""), collapse = ", "), number(v[1]), number(v[2]), number(v[3])) }
differences <- vapply(strata_sets, difference_entry, "")
h <- mantelhaen.test(UCBAdmissions, correct = FALSE); hc <- mantelhaen.test(UCBAdmissions); he <- mantelhaen.test(UCBAdmissions, exact = TRUE)

section <- function(name, entries) sprintf('  "%s": [\n%s\n  ]', name, paste(entries, collapse = ",\n"))
cat("{\n", sprintf('  "made_with": "%s",\n', R.version.string),
  paste(c(section("fisher", fisher), section("two_by_two", two_by_two), section("adjusted", adjusted), section("wilcoxon", wilcoxon), section("risk_difference", differences),
    sprintf('  "admissions_by_outcome": {"statistic": %s, "corrected": %s, "odds_ratio": %s, "lower": %s, "upper": %s, "exact_p": %s}',
      number(unname(h$statistic)), number(unname(hc$statistic)), number(unname(h$estimate)), number(h$conf.int[1]), number(h$conf.int[2]), number(he$p.value))), collapse = ",\n"), "\n}\n", sep = "")
