# 1 - Kaplan-Meier at day 90 with Clopper-Pearson limits for the effective number, and differences with Newcombe's, for
# test_risk_under_censoring.py: survfit's estimate and Greenwood error, qbeta, and the roots of the score equation.
# Run in this folder: Rscript risk_under_censoring.R > risk_under_censoring.json
suppressMessages(library(survival))
number <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
set.seed(11); day <- 90
draw <- function(n, rate, lost) {
  death <- ceiling(rexp(n, rate)); seen <- ifelse(runif(n) < lost, sample(0:89, n, TRUE), 90)
  died <- death <= pmin(seen, 90); list(time = ifelse(died, death, pmin(seen, 90)), died = died)
}
groups <- list(few = draw(40, 0.002, 0.15), many = draw(120, 0.004, 0.10), none = list(time = c(rep(90, 18), 5, 60), died = rep(FALSE, 20)),
  complete = list(time = c(3, 40, 90, rep(90, 22)), died = c(TRUE, TRUE, TRUE, rep(FALSE, 22))), everyone = list(time = c(2, 5, 9), died = rep(TRUE, 3)))
score <- function(p, n, side) { if (side < 0 && p <= 0) return(0); if (side > 0 && p >= 1) return(1); z <- qnorm(0.975)
  f <- function(x) (p - x)^2 - z^2 * x * (1 - x) / n; range <- if (side < 0) c(0, p) else c(p, 1)
  range <- range + c(if (range[1] == p) 1e-12 else 0, if (range[2] == p) -1e-12 else 0)
  uniroot(f, range, tol = 1e-15, maxiter = 10000)$root }
one <- function(g) {
  s <- summary(survfit(Surv(g$time, g$died) ~ 1), times = day, extend = TRUE); S <- s$surv
  n <- if (S == 1) s$n.risk else if (S == 0) sum(g$died) else S * (1 - S) / s$std.err^2
  x <- n * (1 - S); low <- if (S == 1) 0 else qbeta(0.025, x, n - x + 1); high <- if (S == 0) 1 else qbeta(0.975, x + 1, n - x)
  list(risk = 1 - S, n = n, low = low, high = high, score = c(score(1 - S, n, -1), score(1 - S, n, 1)))
}
all <- lapply(groups, one)
pair <- function(a, b) { A <- all[[a]]; B <- all[[b]]; d <- A$risk - B$risk
  c(d, d - sqrt((A$risk - A$score[1])^2 + (B$score[2] - B$risk)^2), d + sqrt((A$score[2] - A$risk)^2 + (B$risk - B$score[1])^2)) }
each <- function(name) sprintf('    "%s": {"time": %s, "died": %s, "risk": %s, "effective": %s}', name, number(groups[[name]]$time), number(as.numeric(groups[[name]]$died)), number(unlist(all[[name]][c("risk", "low", "high")])), number(all[[name]]$n))
pairs <- list(c("few", "many"), c("none", "few"), c("complete", "none"), c("everyone", "many"))
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")), '  "groups": {\n', paste(sapply(names(groups), each), collapse = ",\n"), "\n  },\n",
  '  "differences": [\n', paste(sapply(pairs, function(p) sprintf('    {"first": "%s", "second": "%s", "difference": %s}', p[1], p[2], number(pair(p[1], p[2])))), collapse = ",\n"), "\n  ]\n}\n", sep = "")
