# Prognostic models: Brier scores with rttright's weights, calibration in groups (survfit) and as a spline (coxph, the
# columns of Harrell's restricted cubic spline made here), and single replicates of the optimism bootstrap. For
# tests/estimate/test_prognosis.py; run in this folder: Rscript prognosis.R > prognosis.json
suppressPackageStartupMessages(library(survival))
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector_of <- function(x) paste0("[", paste(number(unname(x)), collapse = ", "), "]")
entry <- function(...) { l <- list(...); paste0("{", paste(sprintf('"%s": %s', names(l), unlist(l)), collapse = ", "), "}") }
tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
d <- read.csv("../../reference/data/colon_death.csv", na.strings = ""); d <- d[complete.cases(d[, c("nodes", "differ")]), ]
fit <- coxph(Surv(time, status) ~ age + nodes + obstruct, d, control = tight)
predicted <- function(t) drop(summary(survfit(fit, d), times = t)$surv)
brier <- function(times) { w <- rttright(Surv(time, status) ~ 1, d, times = times); km <- summary(survfit(Surv(time, status) ~ 1, d), times = times)$surv
  score <- sapply(seq_along(times), function(j) { alive <- d$time > times[j] | (d$time == times[j] & d$status == 0); mean(w[, j] * (alive - predicted(times[j]))^2) })
  entry(times = vector_of(times), score = vector_of(score), null = vector_of(km * (1 - km)), weight = vector_of(colSums(w))) }
groups <- function(t, G) { p <- 1 - predicted(t); g <- cut(p, c(-Inf, quantile(p, seq_len(G - 1) / G), Inf), labels = FALSE)
  s <- summary(survfit(Surv(time, status) ~ g, d, conf.type = "log-log"), times = t); a <- summary(survfit(Surv(time, status) ~ 1, d, conf.type = "log-log"), times = t)
  entry(n = vector_of(tabulate(g)), n_event = vector_of(tapply(d$status == 1 & d$time <= t, g, sum)), predicted = vector_of(tapply(p, g, mean)), observed = vector_of(1 - s$surv), lower = vector_of(1 - s$upper), upper = vector_of(1 - s$lower),
    ratio = vector_of((1 - c(a$surv, a$upper, a$lower)) / mean(p))) }
rcs <- function(x, k) { K <- length(k); pos <- function(u) pmax(u, 0)^3
  cbind(x, sapply(seq_len(K - 2), function(j) (pos(x - k[j]) - pos(x - k[K - 1]) * (k[K] - k[j]) / (k[K] - k[K - 1]) + pos(x - k[K]) * (k[K - 1] - k[j]) / (k[K] - k[K - 1])) / (k[K] - k[1])^2)) }
curve_of <- function(t, at) { p <- 1 - predicted(t); z <- log(-log(1 - p)); k <- quantile(z, c(.05, .35, .65, .95))
  own <- data.frame(time = d$time, status = d$status, rcs(z, k)); names(own)[3:5] <- c("a", "b", "c"); f <- coxph(Surv(time, status) ~ a + b + c, own, control = tight)
  new <- data.frame(rcs(log(-log(1 - at)), k)); names(new) <- c("a", "b", "c"); s <- summary(survfit(f, new, conf.type = "log-log"), times = t)
  o <- 1 - drop(summary(survfit(f, own), times = t)$surv); e <- abs(o - p)
  entry(at = vector_of(at), observed = vector_of(1 - s$surv), lower = vector_of(1 - s$upper), upper = vector_of(1 - s$lower), index = number(mean(e)), median = number(quantile(e, .5)), ninetieth = number(quantile(e, .9))) }
replicate_of <- function(k) { n <- nrow(d); rows <- ((seq_len(n) - 1) * k) %% 701 + 1; b <- d[rows, ]; f <- coxph(Surv(time, status) ~ age + nodes + obstruct, b, control = tight)
  here <- concordance(Surv(b$time, b$status) ~ drop(as.matrix(b[, c("age", "nodes", "obstruct")]) %*% coef(f)), reverse = TRUE)$concordance
  lp <- drop(as.matrix(d[, c("age", "nodes", "obstruct")]) %*% coef(f)); there <- concordance(Surv(d$time, d$status) ~ lp, reverse = TRUE)$concordance
  vector_of(c(k, here - there, coef(coxph(Surv(d$time, d$status) ~ lp, control = tight)))) }
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  '  "brier": ', brier(c(365, 1000, 1826, 2500)), ",\n", '  "groups": ', groups(1826, 5), ",\n", '  "curve": ', curve_of(1826, c(.2, .4, .6, .8)), ",\n",
  '  "replicates": [', paste(sapply(c(3, 7, 31), replicate_of), collapse = ", "), "]\n}\n", sep = "")
