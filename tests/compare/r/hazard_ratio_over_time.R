# Hazard ratios within periods (survSplit), along a function of time (tt), and smoothed scaled Schoenfeld residuals
# (plot.cox.zph, whose arithmetic is repeated here because it draws and returns nothing). For
# tests/compare/test_hazard_ratio_over_time.py; run in this folder: Rscript hazard_ratio_over_time.R > hazard_ratio_over_time.json
suppressPackageStartupMessages({ library(survival); library(splines) })
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector_of <- function(x) paste0("[", paste(number(unname(x)), collapse = ", "), "]")
entry <- function(...) { l <- list(...); paste0("{", paste(sprintf('"%s": %s', names(l), unlist(l)), collapse = ", "), "}") }
read <- function(name) read.csv(sprintf("../../reference/data/%s.csv", name), na.strings = "")
tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-14)

piecewise <- function(data, first, others, cuts, strata = NULL, cluster = NULL) {
  cut <- survSplit(Surv(time, dead) ~ ., data, cut = cuts, episode = "period")
  K <- length(cuts) + 1
  for (k in 1:K) cut[[paste0("x", k)]] <- cut[[first]] * (cut$period == k)
  f <- function(columns) reformulate(c(columns, others, strata), "Surv(tstart, time, dead)")
  own <- if (is.null(cluster)) NULL else cut[[cluster]]
  apart <- if (is.null(cluster)) coxph(f(paste0("x", 1:K)), cut, control = tight) else coxph(f(paste0("x", 1:K)), cut, control = tight, cluster = own)
  one <- coxph(f(first), cut, control = tight)
  C <- cbind(-1, diag(K - 1)); b <- C %*% coef(apart)[1:K]; V <- C %*% vcov(apart)[1:K, 1:K] %*% t(C)
  s <- summary(apart)$coefficients; se <- if (is.null(cluster)) s[1:K, "se(coef)"] else s[1:K, "robust se"]
  entry(coef = vector_of(coef(apart)), std_err = vector_of(se), wald = number(drop(t(b) %*% solve(V, b))),
    lr = number(2 * (apart$loglik[2] - one$loglik[2])), n_event = vector_of(tapply(cut$dead, cut$period, sum)), n_at_risk = vector_of(table(cut$period)))
}
along <- function(data, first, others, g, times) {
  f <- reformulate(c(first, others, sprintf("tt(%s)", first)), "Surv(time, dead)")
  fit <- coxph(f, data, tt = function(x, t, ...) x * g(t), control = tight)
  one <- coxph(reformulate(c(first, others), "Surv(time, dead)"), data, control = tight)
  p <- length(coef(fit)); D <- cbind(1, g(times)); V <- vcov(fit)[c(1, p), c(1, p)]
  entry(coef = vector_of(coef(fit)), log_ratio = vector_of(D %*% coef(fit)[c(1, p)]), std_err = vector_of(sqrt(rowSums((D %*% V) * D))), lr = number(2 * (fit$loglik[2] - one$loglik[2])))
}
smoothed <- function(fit, transform, df, i) { # as plot.cox.zph
  x <- cox.zph(fit, transform = transform, terms = FALSE); xx <- x$x; yy <- x$y[, i]
  pred <- seq(min(xx), max(xx), length = 40); lmat <- ns(c(pred, xx), df = df, intercept = TRUE)
  pmat <- lmat[1:40, ]; q <- qr(lmat[-(1:40), ]); bk <- backsolve(q$qr[1:df, 1:df], diag(df))
  se <- sqrt(x$var[i, i] * rowSums((pmat %*% (bk %*% t(bk))) * pmat)); yhat <- drop(pmat %*% qr.coef(q, yy))
  at <- switch(transform, identity = pred, log = exp(pred), NULL)
  if (is.null(at)) { rows <- lmat[-(1:40), ]; at <- x$time; yhat <- drop(rows %*% qr.coef(q, yy)); se <- sqrt(x$var[i, i] * rowSums((rows %*% (bk %*% t(bk))) * rows)) }
  entry(time = vector_of(at), curve = vector_of(yhat), std_err = vector_of(se))
}

veteran <- read("veteran"); veteran$dead <- veteran$status; veteran$trt <- veteran$trt - 1; veteran$status <- NULL
lung <- read("lung_aug"); lung$dead <- lung$status - 1; lung <- lung[complete.cases(lung[, c("age", "ph.ecog", "sex", "inst")]), c("time", "dead", "age", "sex", "ph.ecog", "inst")]
colon <- read("colon_death"); colon$dead <- colon$status; colon$status <- NULL; colon$lev5 <- as.numeric(colon$rx == "Lev+5FU")
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  '  "piecewise": {\n',
  '    "veteran": ', piecewise(veteran, "karno", c("trt", "age"), c(90, 180)), ",\n",
  '    "lung": ', piecewise(lung, "ph.ecog", "age", c(200), strata = "strata(sex)"), ",\n",
  '    "lung-clusters": ', piecewise(lung, "ph.ecog", "age", c(180, 365), cluster = "inst"), "\n  },\n",
  '  "along": {\n',
  '    "log": ', along(veteran, "karno", c("trt", "age"), function(t) log(t), c(1, 30, 90, 400)), ",\n",
  '    "identity": ', along(colon, "lev5", "age", function(t) t, c(0, 365, 1826)), ",\n",
  '    "root": ', along(lung, "ph.ecog", "sex", function(t) sqrt(t), c(10, 300)), "\n  },\n",
  '  "smoothed": {\n',
  '    "identity": ', smoothed(coxph(Surv(time, dead) ~ karno + trt + age, veteran, control = tight), "identity", 4, 1), ",\n",
  '    "log": ', smoothed(coxph(Surv(time, dead) ~ karno + trt + age, veteran, control = tight), "log", 5, 2), ",\n",
  '    "km": ', smoothed(coxph(Surv(time, dead) ~ ph.ecog + age, lung, control = tight), "km", 4, 1), ",\n",
  '    "rank": ', smoothed(coxph(Surv(time, dead) ~ ph.ecog + age, lung, control = tight), "rank", 3, 2), "\n  }\n}\n", sep = "")
