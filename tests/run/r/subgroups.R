# What R says about the study of tests/run/test_divided.py on examples/colon/data/colon.csv: effects in subgroups, tests
# of interaction, and effects within and without five "centres" made of other columns.
# From the repository's root: Rscript tests/run/r/subgroups.R > tests/run/r/subgroups.csv
# Made with R 4.2.2 and survival 3.5-3.
suppressPackageStartupMessages(library(survival))
d <- read.csv("examples/colon/data/colon.csv", check.names = FALSE)
d <- d[d$etype == 2, ]
d$band <- cut(d$age, c(-Inf, 59, 69, Inf), labels = c("<60", "60-69", ">=70"))
say <- function(...) cat(paste0('"', c(...), '"', collapse = ","), "\n", sep = "")
digits <- function(value) sprintf("%.17g", value)
say("analysis", "outcome", "variable", "subgroup", "method", "contrast", "statistic", "value")
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
z <- qnorm(0.975)
ratios <- function(analysis, variable, subgroup, method, data, extra = "", cluster = FALSE)
  for (pair in list(c("Lev", "Obs"), c("Lev+5FU", "Obs"), c("Lev+5FU", "Lev"))) {
    data$g <- relevel(factor(data$rx), pair[2])
    model <- as.formula(paste("Surv(time, status) ~ g", extra))
    fit <- if (cluster) coxph(model, data, cluster = extent, control = tight) else coxph(model, data, control = tight)
    at <- paste0("g", pair[1]); b <- coef(fit)[at]; se <- sqrt(vcov(fit)[at, at])
    contrast <- paste(pair[1], "vs", pair[2])
    say(analysis, "os", variable, subgroup, method, contrast, "hazard_ratio", digits(exp(b)))
    say(analysis, "os", variable, subgroup, method, contrast, "conf_low", digits(exp(b - z * se)))
    say(analysis, "os", variable, subgroup, method, contrast, "conf_high", digits(exp(b + z * se)))
  }
for (v in c("sex", "differ", "band")) {
  known <- d[!is.na(d[[v]]), ]; known$s <- known[[v]]
  name <- if (v == "band") "age" else v
  for (level in unique(as.character(known$s)))
    ratios("subgroup", name, paste(name, "=", level), "cox", known[known$s == level, ])
  common <- coxph(Surv(time, status) ~ rx + strata(s), known, control = tight)
  apart <- coxph(Surv(time, status) ~ rx * strata(s), known, control = tight)
  df <- length(coef(apart)) - length(coef(common))
  p <- pchisq(2 * (apart$loglik[2] - common$loglik[2]), df, lower.tail = FALSE)
  say("subgroup", "os", name, "", "likelihood ratio test of interaction", "Obs / Lev / Lev+5FU", "interaction_p", digits(p))
  steps <- glm.control(epsilon = 1e-15, maxit = 100)
  both <- anova(glm(obstruct ~ rx + factor(s), binomial, known, control = steps),
                glm(obstruct ~ rx * factor(s), binomial, known, control = steps), test = "Chisq")
  say("subgroup", "obstruct", name, "", "likelihood ratio test of interaction", "Obs / Lev / Lev+5FU", "interaction_p",
      digits(both[["Pr(>Chi)"]][2]))
}
# Five centres: spread, and in those with spread to the serosa sex.
d$five <- ifelse(d$extent == 3 & d$sex == 1, 6, d$extent)
stopifnot(length(unique(d$five)) == 5)
ratios("centre", "five", "", "cox, within centres", d, "+ strata(five)")
ratios("centre", "five", "", "cox, centres as clusters", transform(d, extent = five), cluster = TRUE)
for (level in unique(d$five)) ratios("centre", "five", paste("five <>", level), "cox", d[d$five != level, ])
