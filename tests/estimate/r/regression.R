# Poisson regression with robust variance (sandwich, HC0; clusters without a small-sample factor), proportional odds
# (ordinal::clm, exact Newton), profile likelihood limits solved to the last digits, and Firth's regression under
# separation (brglm2). For tests/estimate/test_regression_against_r.py; run in this folder:
#   Rscript regression.R > regression.json
suppressPackageStartupMessages({ library(sandwich); library(ordinal); library(brglm2) })
number <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), ifelse(x > 0, '"Inf"', '"-Inf"'), sprintf("%.17g", x)))
vector_of <- function(x) paste0("[", paste(number(unname(x)), collapse = ", "), "]")
matrix_of <- function(m) paste0("[", paste(apply(unname(m), 1, vector_of), collapse = ", "), "]")
read <- function(name) read.csv(sprintf("../../reference/data/%s.csv", name), na.strings = "")
entry <- function(...) { l <- list(...); paste0("{", paste(sprintf('"%s": %s', names(l), unlist(l)), collapse = ", "), "}") }
tight <- list(epsilon = 1e-15, maxit = 100)

robust <- function(formula, d, w = NULL, cluster = NULL) {
  d$w_ <- if (is.null(w)) 1 else w
  f <- suppressWarnings(glm(formula, family = poisson, data = d, weights = w_, control = tight))
  f <- suppressWarnings(glm(formula, family = poisson, data = d, weights = w_, control = list(epsilon = 1e-300, maxit = 30), start = coef(f)))
  V <- if (is.null(cluster)) sandwich(f) else vcovCL(f, cluster = cluster, type = "HC0", cadjust = FALSE)
  entry(coef = vector_of(coef(f)), covariance = matrix_of(V), model_covariance = matrix_of(vcov(f)), deviance = number(deviance(f)), loglik = number(as.numeric(logLik(f))))
}
ordered_odds <- function(formula, d, w = rep(1, nrow(d))) {
  d$w_ <- w; f <- clm(formula, data = d, weights = w_, control = clm.control(gradTol = 1e-11, maxIter = 200))
  k <- length(f$alpha); p <- length(f$beta); o <- c(k + seq_len(p), seq_len(k))
  entry(coef = vector_of(f$beta), threshold = vector_of(f$alpha), covariance = matrix_of(vcov(f)[o, o]), loglik = number(f$logLik))
}
profile <- function(formula, d) { # roots of deviance(u) - minimum = z^2, by fits with an offset
  X <- model.matrix(formula, d); y <- model.response(model.frame(formula, d)); q <- qchisq(.95, 1)
  fit <- function(x, o) suppressWarnings(glm.fit(x, y, family = binomial(), offset = o, control = tight))
  full <- fit(X, rep(0, length(y))); se <- sqrt(diag(chol2inv(full$qr$qr[seq_len(ncol(X)), seq_len(ncol(X))])))
  limits <- vapply(seq_len(ncol(X)), function(j) { rise <- function(u) fit(X[, -j, drop = FALSE], X[, j] * u)$deviance - full$deviance - q
    b <- coef(full)[j]; c(uniroot(rise, c(b - 8 * se[j], b), tol = 1e-14 * abs(b) + 1e-300, maxiter = 5000)$root, uniroot(rise, c(b, b + 8 * se[j]), tol = 1e-14 * abs(b) + 1e-300, maxiter = 5000)$root) }, numeric(2))
  entry(lower = vector_of(limits[1, ]), upper = vector_of(limits[2, ]))
}
firth <- function(formula, d) {
  f <- suppressWarnings(glm(formula, family = binomial, data = d, method = brglmFit, type = "AS_mean", control = list(epsilon = 1e-13, maxit = 2000)))
  entry(coef = vector_of(coef(f)), covariance = matrix_of(vcov(f)))
}

colon <- read("colon_death"); colon <- colon[complete.cases(colon[, c("status", "age", "nodes", "obstruct", "extent", "differ", "rx", "time")]), ]
colon$lev5 <- as.numeric(colon$rx == "Lev+5FU"); colon$week <- colon$time / 7
lung <- read("lung_aug"); lung <- lung[complete.cases(lung[, c("status", "age", "sex", "ph.ecog", "inst", "wt_frac")]), ]; lung$dead <- lung$status - 1
ovarian <- read("ovarian"); melanoma <- read("melanoma"); pbc <- read("pbc"); pbc <- pbc[complete.cases(pbc[, c("stage", "age", "albumin", "logbili")]), ]
ovarian$y <- as.numeric(ovarian$age > 60)
cat("{\n", sprintf('  "made_with": "%s, sandwich %s, ordinal %s, brglm2 %s",\n', R.version.string, packageVersion("sandwich"), packageVersion("ordinal"), packageVersion("brglm2")),
  '  "poisson": {\n',
  '    "colon": ', robust(status ~ age + lev5 + obstruct, colon), ",\n",
  '    "lung-clusters": ', robust(dead ~ age + sex + ph.ecog, lung, cluster = lung$inst), ",\n",
  '    "lung-weights": ', robust(dead ~ age + sex, lung, w = lung$wt_frac), ",\n",
  '    "colon-rates": ', robust(nodes ~ age + lev5 + offset(log(week)), colon), "\n  },\n",
  '  "proportional_odds": {\n',
  '    "extent": ', ordered_odds(factor(extent) ~ age + obstruct + nodes, colon), ",\n",
  '    "stage": ', ordered_odds(factor(stage) ~ age + albumin + logbili, pbc), ",\n",
  '    "ecog-weights": ', ordered_odds(factor(ph.ecog) ~ age + sex, lung, w = lung$wt_frac), "\n  },\n",
  '  "profile": {\n',
  '    "ovarian": ', profile(fustat ~ age + rx, ovarian), ",\n",
  '    "melanoma": ', profile(ulcer ~ logthick + sex + age, melanoma), ",\n",
  '    "colon": ', profile(status ~ age + nodes + obstruct, colon), "\n  },\n",
  '  "firth": {\n',
  '    "separated": ', firth(y ~ age + rx, ovarian), "\n  }\n}\n", sep = "")
