# What R says about the adjusted models of the alternatives of tests/report/test_specifications.py, on
# examples/colon/data/colon.csv. From the repository's root:
# Rscript tests/run/r/specifications.R > tests/run/r/specifications.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d <- d[d$etype == 2 & d$rx != "Lev", ]
d$g <- relevel(factor(d$rx), "Obs")
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
z <- qnorm(0.975)
cat("specification,statistic,value\n")
say <- function(name, data, age) {
  data$old <- data$age >= age
  fit <- coxph(Surv(time, status) ~ g + old + factor(differ), data, control = tight)
  b <- coef(fit)[1]; se <- sqrt(vcov(fit)[1, 1])
  value <- exp(c(b, b - z * se, b + z * se))
  cat(paste(name, c("hazard_ratio", "conf_low", "conf_high"), sprintf("%.17g", value), sep = ","), sep = "\n")
}
say("main", d, 60); say("men", d[d$sex == 1, ], 60); say("seventy", d, 70)
