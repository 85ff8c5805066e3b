# What R says about tests of interaction within further strata, on examples/colon/data/colon.csv (etype 2).
# From the repository's root: Rscript tests/compare/r/interaction_within_strata.R > tests/compare/r/interaction_within_strata.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d <- d[d$etype == 2 & !is.na(d$differ), ]
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
cat("test,df,chi_squared\n")
common <- coxph(Surv(time, status) ~ rx + strata(sex, differ), d, control = tight)
apart <- coxph(Surv(time, status) ~ rx + rx:sex + strata(sex, differ), d, control = tight)
cat("hazard", 2, sprintf("%.17g", 2 * (apart$loglik[2] - common$loglik[2])), sep = ","); cat("\n")
steps <- glm.control(epsilon = 1e-15, maxit = 100)
common <- glm(obstruct ~ rx + sex + factor(differ), binomial, d, control = steps)
apart <- glm(obstruct ~ rx * sex + factor(differ), binomial, d, control = steps)
cat("odds", 2, sprintf("%.17g", deviance(common) - deviance(apart)), sep = ","); cat("\n")
