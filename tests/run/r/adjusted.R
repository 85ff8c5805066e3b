# What R says about the study of tests/run/test_adjusted.py on examples/colon/data/colon.csv: odds ratios, and the test
# of a restricted cubic spline. From the repository's root: Rscript tests/run/r/adjusted.R > tests/run/r/adjusted.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d <- d[d$etype == 2, ]
pairs <- c("Lev", "Lev+5FU")
say <- function(set, statistic, contrast, value) cat(paste(paste0('"', set, '"'), statistic, contrast,
                                                           sprintf("%.17g", value), sep = ","), "\n", sep = "")
cat("adjustment_set,statistic,contrast,value\n")
full <- d[complete.cases(d[, c("age", "sex", "differ", "obstruct")]), ]
z <- qnorm(0.975)
tight <- glm.control(epsilon = 1e-15, maxit = 100)
for (set in c("confounders", "none, same patients")) for (reference in c("Obs", "Lev")) {
  full$g <- relevel(factor(full$rx), reference)
  fit <- if (set == "confounders") glm(obstruct ~ g + age + sex + factor(differ), binomial, full, control = tight)
         else glm(obstruct ~ g, binomial, full, control = tight)
  s <- summary(fit)$coefficients
  for (g in setdiff(levels(full$g), reference)) {
    b <- s[paste0("g", g), ]; contrast <- paste(g, "vs", reference)
    if (!contrast %in% c("Lev vs Obs", "Lev+5FU vs Obs", "Lev+5FU vs Lev")) next
    say(set, "odds_ratio", contrast, exp(b[1])); say(set, "conf_low", contrast, exp(b[1] - z * b[2]))
    say(set, "conf_high", contrast, exp(b[1] + z * b[2])); say(set, "p", contrast, b[4])
  }
}
# A restricted cubic spline of four knots at Harrell's quantiles (Harrell 2015, eq. 2.24-2.25), tested by Wald.
k <- quantile(full$age, c(0.05, 0.35, 0.65, 0.95), type = 7)
plus <- function(x) pmax(x, 0)^3
term <- function(j) (plus(full$age - k[j]) - plus(full$age - k[3]) * (k[4] - k[j]) / (k[4] - k[3]) +
                     plus(full$age - k[4]) * (k[3] - k[j]) / (k[4] - k[3])) / (k[4] - k[1])^2
cubic <- cbind(full$age, term(1), term(2))
fit <- coxph(Surv(time, status) ~ rx + cubic + sex + factor(differ), full,
             control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100))
at <- grep("cubic", names(coef(fit)))
b <- coef(fit)[at]
say("confounders", "spline_p", "", pchisq(drop(b %*% solve(vcov(fit)[at, at], b)), 3, lower.tail = FALSE))
