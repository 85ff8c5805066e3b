# Standardised survival and incidence: means of the predicted curves of all patients with the group set. For
# tests/estimate/test_standardisation.py; run in this folder: Rscript standardisation.R > standardisation.json
suppressPackageStartupMessages(library(survival))
number <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))
vector_of <- function(x) paste0("[", paste(number(unname(x)), collapse = ", "), "]")
entry <- function(...) { l <- list(...); paste0("{", paste(sprintf('"%s": %s', names(l), unlist(l)), collapse = ", "), "}") }
tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-15)
colon <- read.csv("../../reference/data/colon_death.csv", na.strings = ""); colon <- colon[complete.cases(colon[, c("nodes", "differ")]), ]
colon$lev5 <- as.numeric(colon$rx == "Lev+5FU")
survival_of <- function(formula, times, who, ...) {
  fit <- coxph(formula, colon, control = tight, ...)
  both <- lapply(0:1, function(v) { d <- colon[who, ]; d$lev5 <- v
    s <- if (any(grepl("strata", deparse(formula)))) { # a patient's own stratum
      rowMeans(sapply(seq_len(nrow(d)), function(i) summary(survfit(fit, d[i, ]), times = times, extend = TRUE)$surv))
    } else rowMeans(summary(survfit(fit, d), times = times, extend = TRUE)$surv)
    s })
  entry(times = vector_of(times), unexposed = vector_of(both[[1]]), exposed = vector_of(both[[2]]))
}
by_group <- function(times) { # the group as a stratum: everybody gets each group's own baseline hazard
  fit <- coxph(Surv(time, status) ~ age + nodes + strata(lev5), colon, control = tight); H <- basehaz(fit, centered = FALSE)
  r <- exp(as.matrix(colon[, c("age", "nodes")]) %*% coef(fit))
  of <- function(v) { h <- H[H$strata == paste0("lev5=", v), ]; sapply(times, function(t) mean(exp(-max(0, h$hazard[h$time <= t]) * r))) }
  entry(times = vector_of(times), unexposed = vector_of(of(0)), exposed = vector_of(of(1)))
}
area <- function(tau) {
  fit <- coxph(Surv(time, status) ~ lev5 + age + nodes, colon, control = tight)
  vector_of(sapply(0:1, function(v) { d <- colon; d$lev5 <- v; s <- survfit(fit, d); t <- s$time; k <- t < tau
    sum(diff(c(0, t[k], tau)) * c(1, rowMeans(s$surv)[k])) }))
}
m <- read.csv("../../reference/data/mgus2.csv", na.strings = ""); m <- m[complete.cases(m[, c("age", "mspike")]), ][1:400, ]
m$male <- as.numeric(m$sex == "M"); m$state <- factor(m$event, 0:2, c("censor", "pcm", "death"))
competing <- function(times) { # Breslow: with Efron ties survfit of this version takes another hazard than for one cause alone
  m$id <- seq_len(nrow(m))
  fit <- coxph(list(Surv(etime, state) ~ male, 1:2 ~ age + mspike, 1:3 ~ age), m, id = id, ties = "breslow", control = tight)
  of <- function(v) { d <- m[, c("male", "age", "mspike")]; d$male <- v; apply(summary(survfit(fit, d), times = times)$pstate, c(1, 3), mean) }
  a <- of(0); b <- of(1)
  entry(times = vector_of(times), pcm = sprintf("[%s, %s]", vector_of(a[, 2]), vector_of(b[, 2])), death = sprintf("[%s, %s]", vector_of(a[, 3]), vector_of(b[, 3])), free = sprintf("[%s, %s]", vector_of(a[, 1]), vector_of(b[, 1])))
}
composed <- function(times) { # Efron: the curves of one cause at a time put together
  fits <- list(coxph(Surv(etime, event == 1) ~ male + age + mspike, m, control = tight), coxph(Surv(etime, event == 2) ~ male + age, m, control = tight))
  of <- function(v) { d <- m; d$male <- v; s <- lapply(fits, survfit, newdata = d); a <- lapply(s, function(x) apply(rbind(0, x$cumhaz), 2, diff))
    total <- a[[1]] + a[[2]]; S <- exp(-apply(total, 2, cumsum)); before <- rbind(1, S[-nrow(S), ])
    inc <- apply(ifelse(total > 0, before * (1 - exp(-total)) * a[[1]] / total, 0), 2, cumsum)
    rowMeans(inc)[findInterval(times, s[[1]]$time)] }
  entry(times = vector_of(times), pcm = sprintf("[%s, %s]", vector_of(of(0)), vector_of(of(1))))
}
everybody <- rep(TRUE, nrow(colon)); treated <- colon$lev5 == 1
cat("{\n", sprintf('  "made_with": "%s, survival %s",\n', R.version.string, packageVersion("survival")),
  '  "survival": {\n',
  '    "everybody": ', survival_of(Surv(time, status) ~ lev5 + age + nodes, c(100, 365, 1826, 2500), everybody), ",\n",
  '    "treated": ', survival_of(Surv(time, status) ~ lev5 + age + nodes, c(100, 365, 1826), treated), ",\n",
  '    "breslow": ', survival_of(Surv(time, status) ~ lev5 * nodes + age, c(365, 1826), everybody, ties = "breslow"), ",\n",
  '    "strata": ', survival_of(Surv(time, status) ~ lev5 + nodes + strata(extent), c(365, 1826), everybody), ",\n",
  '    "by_group": ', by_group(c(100, 365, 1826, 2500)), "\n  },\n",
  '  "restricted_mean": ', area(1826), ",\n",
  '  "competing": ', competing(c(24, 60, 120, 240)), ",\n", '  "composed": ', composed(c(24, 60, 120, 240)), "\n}\n", sep = "")
