# Values of R 4.2.2 (survival 3.5-3, MASS 7.3-58.2) for functions over data frames that no reference case holds. Run in
# tests/api/r: Rscript functions.R > functions.json. Every number is that of a function of R's, or of a likelihood
# or a sandwich written out here; each likelihood is maximised by optim and polished by Newton steps.
suppressPackageStartupMessages({ library(survival); library(MASS) })
out <- list(); read <- function(n) read.csv(sprintf("../../reference/data/%s.csv", n), na.strings = "", check.names = FALSE)
more <- function(n) read.csv(sprintf("../../reference_more/data/%s.csv", n), na.strings = "", check.names = FALSE)

# Firth's Cox model, Breslow ties, written out: l(b) + 0.5 log det I(b); profile limits by uniroot.
d <- read("ovarian"); x <- cbind(d$age, as.numeric(d$rx == 2)); ti <- d$futime; ev <- d$fustat == 1
parts <- function(b) { e <- as.vector(exp(x %*% b)); l <- 0; I <- matrix(0, 2, 2)
  for (t in ti[ev]) { r <- ti >= t; w <- e[r] / sum(e[r]); m <- colSums(w * x[r, ]); I <- I + crossprod(x[r, ] * w, x[r, ]) - outer(m, m) ; l <- l - log(sum(e[r])) }
  list(l = l + sum(x[ev, ] %*% b), I = I) }
pl <- function(b) { p <- parts(b); p$l + 0.5 * log(det(p$I)) }
sc <- c(apply(x, 2, sd)); climb <- function(f, start) { o <- optim(start, f, method = "BFGS", control = list(fnscale = -1, reltol = 1e-15, maxit = 1000)); u <- o$par
  for (k in 1:6) { h <- 1e-3; n <- length(u); g <- sapply(1:n, function(i) { s <- replace(0 * u, i, h); (8 * (f(u + s) - f(u - s)) - (f(u + 2 * s) - f(u - 2 * s))) / (12 * h) })
    H <- optimHess(u, f, control = list(fnscale = -1, ndeps = rep(1e-3, n))); u <- u - solve(H, g) }; list(par = u, value = f(u)) }
best <- climb(function(u) pl(u / sc), c(0, 0)); b <- best$par / sc
profile <- function(j, v) climb(function(u) pl(replace(c(u, u), j, v * sc[j]) / sc), b[-j] * sc[-j])$value
limits <- sapply(1:2, function(j) { f <- function(v) profile(j, v) - best$value + qchisq(.95, 1) / 2; s <- sqrt(diag(solve(parts(b)$I)))[j]
  c(uniroot(f, c(b[j] - 5 * s, b[j]), tol = 1e-10)$root, uniroot(f, c(b[j], b[j] + 8 * s), tol = 1e-10)$root) })
out$firth_cox <- list(coef = b, lower = limits[1, ], upper = limits[2, ], penalised_loglik = best$value)

# Poisson regression with the sandwich written out: HC0, and by clusters of the patients' sum of scores.
d <- more("birthwt"); f <- glm(low ~ age + smoke, poisson, d, control = list(epsilon = 1e-15, maxit = 50)); X <- model.matrix(f); B <- solve(crossprod(X, X * fitted(f))); s <- X * (d$low - fitted(f))
out$poisson <- list(coef = unname(coef(f)), model = unname(sqrt(diag(B))), robust = unname(sqrt(diag(B %*% crossprod(s) %*% B))), clustered = unname(sqrt(diag(B %*% crossprod(rowsum(s, d$clu)) %*% B))))

# Proportional odds: polr's start, its likelihood maximised to the last digits.
d <- na.omit(read("lung")[, c("ph.ecog", "age", "sex")]); f <- polr(factor(ph.ecog) ~ age + sex, d, Hess = TRUE); y <- d$ph.ecog + 1
X <- cbind(d$age, d$sex); m <- colMeans(X); Z <- scale(X, m, FALSE); ll <- function(p) { c <- c(-Inf, p[3:5], Inf); e <- as.vector(Z %*% p[1:2]); sum(log(plogis(c[y + 1] - e) - plogis(c[y] - e))) }
sx <- c(apply(X, 2, sd), 1, 1, 1); st <- c(coef(f), f$zeta - sum(m * coef(f))); g <- climb(function(u) ll(u / sx), st * sx); p <- g$par / sx
out$proportional_odds <- list(coef = unname(p[1:2]), polr = unname(coef(f)), loglik = g$value, polr_loglik = as.numeric(logLik(f)), polr_se = unname(sqrt(diag(vcov(f)))[1:2]))

# Proportions and contrasts of risks: exact by binom.test, Wilson by prop.test; Miettinen and Nurminen's difference by
# uniroot of their score with the maximum likelihood estimate under the constraint found by optimize.
d <- read("melanoma"); tb <- table(d$ulcer, d$status == 1)[, "TRUE"]; n <- table(d$ulcer)
out$proportions <- list(exact = t(sapply(1:2, function(i) binom.test(tb[i], n[i])$conf.int)), wilson = t(sapply(1:2, function(i) prop.test(tb[i], n[i], correct = FALSE)$conf.int)))
mn <- function(x1, n1, x2, n2, delta) { l <- function(p2) { p1 <- p2 + delta; dbinom(x1, n1, p1, log = TRUE) + dbinom(x2, n2, p2, log = TRUE) }
  p2 <- optimize(l, c(max(0, -delta) + 1e-12, min(1, 1 - delta) - 1e-12), maximum = TRUE, tol = 1e-14)$maximum; p1 <- p2 + delta
  v <- (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1); (x1 / n1 - x2 / n2 - delta) / sqrt(v) }
z <- qnorm(.975); e <- tb[1] / n[1] - tb[2] / n[2]; root <- function(s, a, b) uniroot(function(q) mn(tb[1], n[1], tb[2], n[2], q) - s, c(a, b), tol = 1e-12)$root
out$risk_contrasts <- list(difference = unname(as.vector(e)), mn = c(root(z, -.99, e), root(-z, e, .99)), newcombe = { w <- out$proportions$wilson; p <- as.vector(tb / n); c(e - sqrt((p[1] - w[1, 1])^2 + (w[2, 2] - p[2])^2), e + sqrt((w[1, 2] - p[1])^2 + (p[2] - w[2, 1])^2)) })

# Breslow-Day with Tarone's correction, written out; Hodges-Lehmann by wilcox.test.
d <- read("colon_death"); d <- d[d$rx != "Lev", ]; tabs <- table(factor(d$rx == "Lev+5FU", c(TRUE, FALSE)), factor(d$status == 1, c(TRUE, FALSE)), d$extent)
psi <- unname(mantelhaen.test(tabs)$estimate); q <- apply(tabs, 3, function(t) { n1 <- sum(t[1, ]); n2 <- sum(t[2, ]); m1 <- sum(t[, 1])
  ex <- uniroot(function(a) a * (n2 - m1 + a) - psi * (n1 - a) * (m1 - a), c(max(0, m1 - n2), min(n1, m1)), tol = 1e-13)$root; v <- 1 / (1 / ex + 1 / (n1 - ex) + 1 / (m1 - ex) + 1 / (n2 - m1 + ex)); c(t[1, 1], ex, v) })
bd <- sum((q[1, ] - q[2, ])^2 / q[3, ]); tar <- bd - sum(q[1, ] - q[2, ])^2 / sum(q[3, ]); out$breslow_day <- list(breslow_day = bd, tarone = tar, p = pchisq(tar, ncol(q) - 1, lower.tail = FALSE), df = ncol(q) - 1)
d <- read("ovarian"); w <- wilcox.test(d$age[d$rx == 1], d$age[d$rx == 2], exact = TRUE, conf.int = TRUE); out$hodges_lehmann <- list(estimate = unname(w$estimate), interval = as.vector(w$conf.int))

# The log-rank test by all arrangements of two small groups: aml's first 6 and 5 patients.
d <- read("aml"); d <- d[c(1:6, 12:16), ]; ch <- function(g) survdiff(Surv(time, status) ~ g, d)$chisq; obs <- ch(d$x); all <- combn(11, 6, function(i) ch(replace(rep("b", 11), i, "a")))
out$permutation <- list(chisq = obs, p = mean(all >= obs * (1 - 1e-9)))

# Conditional survival: the ratio of survfit's survivals, and its variance from Greenwood's sums in between.
f <- survfit(Surv(time, status == 2) ~ 1, read("lung")); s <- summary(f, times = c(180, 365)); i <- f$time > 180 & f$time <= 365; r <- s$surv[2] / s$surv[1]
out$conditional <- list(survival = r, se = r * sqrt(sum((f$n.event / (f$n.risk * (f$n.risk - f$n.event)))[i])))
# Difference of cumulative incidences at one time by survfit's infinitesimal jackknife.
d <- read("melanoma"); d$s <- factor(d$event3, 0:2, c("alive", "melanoma", "other")); s <- summary(survfit(Surv(time, s) ~ sex, d), times = 2000); j <- which(s$states == "melanoma")
out$incidence_difference <- list(difference = s$pstate[1, j] - s$pstate[2, j], se = sqrt(sum(s$std.err[, j]^2)))

# Robust standard errors beside a cell without events: of the fit to the others, which is the limit of the fit to all.
d <- read("colon_recurrence"); d$cell <- interaction(d$extent, d$rx); stopifnot(sum(d$status[d$cell == "1.Obs"]) == 0); e <- d[d$cell != "1.Obs", ]; e$cell <- droplevels(e$cell)
f <- coxph(Surv(time, status) ~ age + cell, e, ties = "breslow", cluster = id, control = coxph.control(eps = 1e-14, iter.max = 100))
g <- glm(status ~ age + cell, poisson, e, control = list(epsilon = 1e-15, maxit = 50)); X <- model.matrix(g); B <- solve(crossprod(X, X * fitted(g))); s <- X * (e$status - fitted(g))
out$beside_an_empty_cell <- list(cox = c(coef(f)[[1]], sqrt(f$var[1, 1]), sqrt(f$naive.var[1, 1])), poisson = c(coef(g)[[2]], sqrt((B %*% crossprod(s) %*% B)[2, 2]), sqrt(B[2, 2])))
# Clustered standard errors of a cumulative incidence: survfit 3.5-3 does not heed the clusters of its multi-state curves, so
# that its influences of patients are added up here.
d <- more("transplant"); d$s <- factor(d$event, c("censored", "death", "ltx", "withdraw")); f <- survfit(Surv(futime, s) ~ 1, d, influence = 1); i <- findInterval(365, f$time)
out$clustered_incidence <- list(cif = unname(f$pstate[i, 2:4]), se = unname(sqrt(colSums(rowsum(f$influence.pstate[, i, ], d$clu)^2)))[2:4])

num <- function(v) { v <- sprintf("%.17g", v); v[v == "NA"] <- "null"; if (length(v) == 1) v else paste0("[", paste(v, collapse = ", "), "]") }
js <- function(v) if (is.list(v)) paste0("{", paste0('"', names(v), '": ', vapply(v, js, ""), collapse = ",\n  "), "}") else if (is.matrix(v)) paste0("[", paste(apply(v, 1, num), collapse = ", "), "]") else num(v)
cat(sub("^\\{", paste0('{"made_with": "', R.version.string, ', survival ', packageVersion("survival"), ', MASS ', packageVersion("MASS"), '",\n  '), js(out)), "\n", sep = "")
