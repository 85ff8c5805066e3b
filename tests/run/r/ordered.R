# What R says about the ordered outcome of tests/run/test_ordered.py on examples/colon/data/colon.csv: proportional odds
# ratios by Newton's method on the likelihood written down here, Pearson's X^2 of the model of the groups, and odds ratios
# at each threshold with Woolf's limits. From the repository's root: Rscript tests/run/r/ordered.R > tests/run/r/ordered.csv
# Made with R 4.2.2, no package.
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d <- d[d$etype == 2 & !is.na(d$differ), ]
z <- qnorm(0.975)
say <- function(set, what, contrast, level, value) cat(paste(paste0('"', set, '"'), what, contrast, level,
                                                            sprintf("%.17g", value), sep = ","), "\n", sep = "")
cat("adjustment_set,statistic,contrast,level,value\n")
# Coefficients then two thresholds; probability of each level as a difference of logistic functions, chain rule by hand.
fit <- function(x, y) {
  p <- ncol(x); theta <- c(rep(0, p), qlogis(cumsum(table(y) / length(y)))[1:2])
  for (step in 1:60) {
    eta <- drop(x %*% theta[1:p]); up <- c(theta[p + 1:2], Inf)[y] - eta; lo <- c(-Inf, theta[p + 1:2])[y] - eta
    P <- plogis(up) - plogis(lo); fu <- dlogis(up); fl <- dlogis(lo)
    du <- fu * (1 - 2 * plogis(up)); dl <- fl * (1 - 2 * plogis(lo))
    a <- cbind(-x, y == 1, y == 2); b <- cbind(-x, y == 2, y == 3)
    g <- (fu * a - fl * b) / P
    H <- crossprod(a, a * (du / P)) - crossprod(b, b * (dl / P)) - crossprod(g)
    change <- solve(-H, colSums(g)); theta <- theta + change
    if (max(abs(change)) < 1e-14) break
  }
  list(theta = theta, V = solve(-H))
}
pairs <- list(c("Lev", "Obs"), c("Lev+5FU", "Obs"), c("Lev+5FU", "Lev"))
for (set in c("", "confounders")) for (reference in c("Obs", "Lev")) {
  groups <- setdiff(c("Obs", "Lev", "Lev+5FU"), reference)
  x <- sapply(groups, function(g) as.numeric(d$rx == g))
  if (set == "confounders") x <- cbind(x, d$age, d$sex)
  f <- fit(x, d$differ)
  for (pair in pairs) if (pair[2] == reference) {
    j <- match(pair[1], groups); b <- f$theta[j]; s <- sqrt(f$V[j, j]); contrast <- paste(pair, collapse = " vs ")
    say(set, "odds_ratio", contrast, "", exp(b)); say(set, "conf_low", contrast, "", exp(b - z * s))
    say(set, "conf_high", contrast, "", exp(b + z * s))
    if (set == "confounders") say(set, "p", contrast, "", 2 * pnorm(-abs(b / s)))
  }
  if (set == "" && reference == "Obs") {
    O <- table(factor(d$rx, c("Obs", "Lev", "Lev+5FU")), d$differ); shift <- c(0, f$theta[1:2])
    cum <- cbind(0, sapply(f$theta[3:4], function(t) plogis(t - shift)), 1)
    E <- (cum[, 2:4] - cum[, 1:3]) * rowSums(O); X2 <- sum((O - E)^2 / E)
    say("", "chi_squared", "Obs / Lev / Lev+5FU", "", X2)
    say("", "proportional_odds_p", "Obs / Lev / Lev+5FU", "", pchisq(X2, 2, lower.tail = FALSE))
  }
}
for (pair in pairs) for (level in 2:3) {
  own <- d[d$rx %in% pair, ]; own$g <- as.numeric(own$rx == pair[1])
  t <- table(own$g, own$differ >= level); contrast <- paste(pair, collapse = " vs ")
  b <- log(t[2, 2] * t[1, 1] / (t[1, 2] * t[2, 1])); e <- sqrt(sum(1 / t))
  say("threshold", "odds_ratio", contrast, level, exp(b)); say("threshold", "conf_low", contrast, level, exp(b - z * e))
  say("threshold", "conf_high", contrast, level, exp(b + z * e))
}
