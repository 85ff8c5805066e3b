# Restricted mean times in the states of competing risks and the errors from integrals of survfit's influence, for test_time_lost.py.
# Run in this folder: Rscript time_lost.R > time_lost.json
suppressMessages(library(survival))
number <- function(x) sprintf("%.17g", x)
list_of <- function(x) paste0("[", paste(number(x), collapse = ", "), "]")
m <- mgus2[seq(1, nrow(mgus2), 3), ]; m$t <- with(m, ifelse(pstat == 0, futime, ptime)); m$cause <- with(m, ifelse(pstat == 0, 2 * death, 1))
m <- m[m$t > 0, ]
at <- function(rows, tau) { f <- survfit(Surv(t, factor(cause, 0:2)) ~ 1, m[rows, ], influence = TRUE); u <- f$influence.pstate
  u <- if (is.list(u)) u[[1]] else u; stopifnot(dim(u)[2] %in% (length(f$time) + 0:1)); u <- u[, dim(u)[2] - length(f$time) + seq_along(f$time), ]
  width <- pmax(pmin(c(f$time[-1], Inf), tau) - pmin(f$time, tau), 0)
  lost <- colSums(f$pstate[, 2:3] * width); se <- sapply(2:3, function(k) sqrt(sum((u[, , k] %*% width)^2)))
  s <- summary(f, rmean = tau)$table[2:3, "rmean"]; stopifnot(max(abs(s - lost)) < 1e-9)
  sprintf('    {"group": %s, "tau": %s, "lost": %s, "std_err": %s}', if (all(rows)) "null" else if (m$sex[rows][1] == "F") "0" else "1", number(tau), list_of(lost), list_of(se)) }
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  sprintf('  "time": %s, "cause": %s, "sex": %s,\n', list_of(m$t), list_of(m$cause), list_of(as.integer(m$sex == "M"))), '  "cases": [\n',
  paste(c(at(rep(TRUE, nrow(m)), 100), at(rep(TRUE, nrow(m)), 240), at(m$sex == "F", 120), at(m$sex == "M", 120), at(m$sex == "M", 37.5)), collapse = ",\n"), "\n  ]\n}\n", sep = "")
