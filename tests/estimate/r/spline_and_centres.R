# Restricted cubic splines in a Cox model (Harrell's columns made here) and models by centre. For
# tests/estimate/test_spline_and_centres.py; run in this folder: Rscript spline_and_centres.R > spline_and_centres.json
suppressPackageStartupMessages(library(survival))
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector_of <- function(x) paste0("[", paste(number(unname(x)), collapse = ", "), "]")
entry <- function(...) { l <- list(...); paste0("{", paste(sprintf('"%s": %s', names(l), unlist(l)), collapse = ", "), "}") }
tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
rcs <- function(x, k) { K <- length(k); pos <- function(u) pmax(u, 0)^3
  cbind(x, sapply(seq_len(K - 2), function(j) (pos(x - k[j]) - pos(x - k[K - 1]) * (k[K] - k[j]) / (k[K] - k[K - 1]) + pos(x - k[K]) * (k[K - 1] - k[j]) / (k[K] - k[K - 1])) / (k[K] - k[1])^2)) }
curve_of <- function(d, x, rest, k, at, ref, cluster = NULL) {
  s <- rcs(d[[x]], k); m <- colMeans(s); q <- qr(sweep(s, 2, m)); T <- backsolve(qr.R(q), diag(ncol(s))) * sqrt(nrow(d)) # raw columns cost R 7 digits
  s <- sweep(s, 2, m) %*% T; colnames(s) <- paste0("s", seq_len(ncol(s))); e <- cbind(d, s)
  f <- reformulate(c(rest, colnames(s)), "Surv(time, dead)"); l <- reformulate(c(rest, x), "Surv(time, dead)")
  own <- if (is.null(cluster)) NULL else e[[cluster]]
  fit <- if (is.null(cluster)) coxph(f, e, control = tight) else coxph(f, e, control = tight, cluster = own)
  line <- coxph(l, e, control = tight); i <- match(colnames(s), names(coef(fit))); b <- coef(fit)[i]; V <- vcov(fit)[i, i]
  A <- sweep(rcs(at, k), 2, rcs(c(ref, ref), k)[1, ]) %*% T; wald <- function(j) drop(t(b[j]) %*% solve(V[j, j], b[j]))
  entry(log_ratio = vector_of(A %*% b), std_err = vector_of(sqrt(rowSums((A %*% V) * A))), association = number(wald(seq_along(b))), non_linearity = number(wald(seq_along(b)[-1])), lr = number(2 * (fit$loglik[2] - line$loglik[2])))
}
pbc <- read.csv("../../reference/data/pbc.csv", na.strings = ""); pbc$dead <- as.numeric(pbc$status == 2)
pbc <- pbc[complete.cases(pbc[, c("bili", "age", "protime", "stage")]), ]
lung <- read.csv("../../reference/data/lung_aug.csv", na.strings = ""); lung <- lung[complete.cases(lung[, c("age", "ph.ecog", "sex", "inst")]), ]; lung$dead <- lung$status - 1
fits <- function(m) { entry(coef = vector_of(coef(m)), std_err = vector_of(sqrt(diag(vcov(m))))) }
base <- Surv(time, dead) ~ age + ph.ecog
left <- sapply(sort(unique(lung$inst)), function(c) { m <- coxph(base, lung[lung$inst != c, ], control = tight); vector_of(c(coef(m), sqrt(diag(vcov(m))))) })
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  '  "bili": ', curve_of(pbc, "bili", c("age", "protime"), quantile(pbc$bili, c(.05, .275, .5, .725, .95)), c(0.5, 1, 3, 10, 25), 1.4), ",\n",
  '  "age": ', curve_of(lung, "age", c("ph.ecog", "strata(sex)"), c(50, 60, 70), c(45, 60, 75), 63), ",\n",
  '  "age-clusters": ', curve_of(lung, "age", "ph.ecog", quantile(lung$age, c(.05, .35, .65, .95)), c(45, 60, 75), median(lung$age), cluster = "inst"), ",\n",
  '  "pooled": ', fits(coxph(base, lung, control = tight)), ',\n  "stratified": ', fits(coxph(update(base, . ~ . + strata(inst)), lung, control = tight)), ',\n  "clustered": ', fits(coxph(base, lung, control = tight, cluster = inst)), ",\n",
  '  "left_out": [', paste(left, collapse = ", "), "]\n}\n", sep = "")
