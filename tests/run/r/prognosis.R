# What R says about the prognostic model of tests/run/test_prognosis.py on examples/colon/data/colon.csv.
# From the repository's root: Rscript tests/run/r/prognosis.R > tests/run/r/prognosis.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d <- d[d$etype == 2 & !is.na(d$nodes) & !is.na(d$differ), ]
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
z <- qnorm(0.975)
cat("method,variable,statistic,value\n")
say <- function(method, variable, statistic, value)
  cat(paste(method, variable, statistic, sprintf("%.17g", value), sep = ","), "\n", sep = "")
all <- coxph(Surv(time, status) ~ age + nodes + obstruct, d, control = tight)
for (v in c("age", "nodes", "obstruct")) {
  one <- coxph(as.formula(paste("Surv(time, status) ~", v)), d, control = tight)
  for (method in c("cox, alone", "cox, together")) {
    fit <- if (method == "cox, alone") one else all
    b <- coef(fit)[v]; se <- sqrt(vcov(fit)[v, v])
    m <- paste0('"', method, '"')
    say(m, v, "hazard_ratio", exp(b)); say(m, v, "conf_low", exp(b - z * se)); say(m, v, "conf_high", exp(b + z * se))
  }
}
found <- concordance(Surv(time, status) ~ drop(as.matrix(d[, c("age", "nodes", "obstruct")]) %*% coef(all)), d,
                     reverse = TRUE)
say("apparent", "", "concordance", found$concordance)
say("apparent", "", "conf_low", found$concordance - z * sqrt(found$var))
say("apparent", "", "conf_high", found$concordance + z * sqrt(found$var))
