# Stanford heart transplants (survival::heart): start-stop Cox, curves of the changing risk sets, Mantel-Byar by its
# formula (survdiff takes no start-stop rows), landmark analyses. For tests/estimate/test_time_dependent_exposure.py; run in
# this folder: Rscript time_dependent_exposure.R > time_dependent_exposure.json
suppressPackageStartupMessages(library(survival))
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector_of <- function(x) paste0("[", paste(number(unname(x)), collapse = ", "), "]")
entry <- function(...) { l <- list(...); paste0("{", paste(sprintf('"%s": %s', names(l), unlist(l)), collapse = ", "), "}") }
tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
h <- read.csv("../../reference/data/heart.csv")
fit <- coxph(Surv(start, stop, event) ~ transplant + age + surgery, h, control = tight)
curves <- function(from) {
  d <- h[h$stop > from, ]; d$start <- pmax(d$start, from); if (from == 0) d$start[d$start == 0] <- -1
  f <- function(j) { s <- summary(survfit(Surv(start, stop, event) ~ 1, d[d$transplant == j, ])); entry(time = vector_of(s$time), surv = vector_of(s$surv), n = vector_of(s$n.risk), std_err = vector_of(s$std.err)) }
  sprintf('[%s, %s]', f(0), f(1))
}
byar <- function(from) { # sums over the event times after `from`
  O <- E <- V <- 0
  for (t in sort(unique(h$stop[h$event == 1 & h$stop > from]))) { r <- h$start < t & h$stop >= t; x <- h$transplant[r]; e <- h$event[r] == 1 & h$stop[r] == t
    n <- sum(r); d <- sum(e); O <- O + sum(x[e]); E <- E + d * mean(x); if (n > 1) V <- V + d * mean(x) * (1 - mean(x)) * (n - d) / (n - 1) }
  entry(observed = number(O), expected = number(E), variance = number(V), chi_squared = number((O - E)^2 / V), p = number(pchisq((O - E)^2 / V, 1, lower.tail = FALSE)))
}
one <- do.call(rbind, lapply(split(h, h$id), function(d) data.frame(time = max(d$stop), event = d$event[which.max(d$stop)], tx = if (any(d$transplant == 1 & d$start > 0)) d$start[d$transplant == 1][1] else if (any(d$transplant == 1)) 0 else NA)))
landmark <- function(L) { d <- one[one$time > L, ]; d$x <- !is.na(d$tx) & d$tx <= L; d$time <- d$time - L
  s <- survdiff(Surv(time, event) ~ x, d); c <- coxph(Surv(time, event) ~ x, d, control = tight)
  entry(n = vector_of(s$n), observed = vector_of(s$obs), expected = vector_of(s$exp), chi_squared = number(s$chisq), coef = number(coef(c)), std_err = number(sqrt(vcov(c)))) }
periods <- function(cuts) { d <- survSplit(Surv(start, stop, event) ~ ., h, cut = cuts, episode = "period")
  for (k in seq_len(length(cuts) + 1)) d[[paste0("x", k)]] <- d$transplant * (d$period == k)
  f <- coxph(reformulate(c(paste0("x", seq_len(length(cuts) + 1)), "age"), "Surv(start, stop, event)"), d, control = tight); o <- coxph(Surv(start, stop, event) ~ transplant + age, d, control = tight)
  entry(coef = vector_of(coef(f)), std_err = vector_of(sqrt(diag(vcov(f)))), lr = number(2 * (f$loglik[2] - o$loglik[2]))) }
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  '  "cox": ', entry(coef = vector_of(coef(fit)), std_err = vector_of(sqrt(diag(vcov(fit)))), loglik = vector_of(fit$loglik)), ",\n",
  '  "periods": ', periods(c(60, 180)), ",\n",
  '  "curves": {"0": ', curves(0), ',\n    "60": ', curves(60), "},\n",
  '  "mantel_byar": {"0": ', byar(-1), ', "60": ', byar(60), "},\n",
  '  "landmark": {"30": ', landmark(30), ', "90": ', landmark(90), "}\n}\n", sep = "")
