# Further reference cases, on other data and with other options than tests/reference, in the same format. Rebuild with
#   cd tests/reference_more && Rscript scripts/more.R
# Needs survival, cmprsk, MASS, MatchIt, brglm2, numDeriv, epitools, exactRankTests; the helpers are those of tests/reference.
source("../reference/scripts/lib.R")
src <- readLines("../reference/scripts/00_data.R"); i <- grep("^wr <-", src); eval(parse(text = src[i:(i + 3)]))

# ---- data: columns used, and invented ones (weights, offsets, entries, clusters, gaps), which are for testing only
aug <- function(d, time = NULL) { k <- seq_len(nrow(d))
  d$wi <- 1 + (k * 7) %% 3; d$wf <- round(0.25 + ((k * 29) %% 97) / 60, 3); d$wz <- (k * 5) %% 4; d$off <- round(((k * 31) %% 41) / 50 - .4, 2)
  d$clu <- (k * 3) %% 17; d$two <- c("lo", "hi")[1 + (k %/% 2) %% 2]; d$gap <- ifelse(k %% 13 == 0, NA, round(sin(k) * 3, 2))
  if (!is.null(time)) d$ent <- ifelse(k %% 4 == 0, 0, round(pmax(0, d[[time]] * ((k * 17) %% 10) / 12), 1)); d }
wr(aug(kidney, "time"), "kidney"); wr(aug(bladder2), "bladder2"); wr(aug(heart), "heart"); wr(aug(transplant[seq(1, 815, 3), ], "futime"), "transplant")
wr(aug(rats[1:150, ], "time"), "rats"); wr(aug(retinopathy[1:200, c("id", "laser", "age", "type", "trt", "futime", "status", "risk")], "futime"), "retinopathy")
cg <- cgd[, c("id", "treat", "sex", "age", "steroids", "tstart", "tstop", "status")]; wr(aug(cg), "cgd")
r <- rotterdam[seq(1, 2982, 12), c("age", "meno", "size", "grade", "nodes", "pgr", "hormon", "chemo", "rtime", "recur", "dtime", "death")]
r$state <- with(r, ifelse(recur == 1, 1, ifelse(death == 1, 2, 0))); r$to_state <- pmin(r$rtime, r$dtime); wr(aug(r, "to_state"), "rotterdam")
m <- mgus2[seq(1, 1384, 6), c("age", "sex", "hgb", "futime", "death", "ptime", "pstat")]; m$time <- with(m, ifelse(pstat == 0, futime, ptime)); m$event <- with(m, ifelse(pstat == 0, 2 * death, 1)); wr(aug(m, "time"), "mgus2")
tb <- tobin; tb$lo <- ifelse(tb$durable == 0, NA, tb$durable); tb$up <- ifelse(tb$durable == 0, .5, tb$durable); wr(aug(tb), "tobin")
v <- veteran; k <- seq_len(nrow(v)); s <- c(0, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 600, 1000); j <- findInterval(v$time, s, left.open = TRUE)
v$lo <- ifelse(k %% 3 == 0, v$time, s[j]); v$up <- ifelse(k %% 3 == 0, v$time, s[j + 1]); v$lo[v$status == 0] <- v$time[v$status == 0]; v$up[v$status == 0] <- NA; v$lo[which(v$lo == 0)] <- NA; wr(aug(v[, c("trt", "celltype", "karno", "age", "lo", "up")]), "veteran_intervals")
wr(aug(MASS::birthwt), "birthwt"); wr(mtcars, "mtcars"); wr(warpbreaks, "warpbreaks"); e <- infert; e$education <- as.character(e$education); wr(aug(e[, c("education", "age", "parity", "induced", "case", "spontaneous")]), "infert")
ex <- function(tab) { d <- as.data.frame(tab); d <- d[rep(seq_len(nrow(d)), d$Freq), ]; d$Freq <- NULL; rownames(d) <- NULL; d }
u <- ex(UCBAdmissions); wr(u[seq(1, nrow(u), 8), ], "ucb"); t <- ex(Titanic); wr(t[seq(1, nrow(t), 5), ], "titanic")
es <- esoph; es <- rbind(data.frame(es[rep(seq_len(nrow(es)), es$ncases), 1:3], case = 1), data.frame(es[rep(seq_len(nrow(es)), es$ncontrols), 1:3], case = 0)); for (q in 1:3) es[[q]] <- as.integer(es[[q]]); wr(es[seq(1, nrow(es), 3), ], "esoph")

a <- data.frame(t = c(1:10, 1, 1.5, 2, 3, 20, 21), s = c(0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0), g = rep(c("a", "b", "c", "d"), c(5, 5, 4, 2)), k = c(1, 1, 1, 2, 2, 1, 1, 2, 2, 2, 3, 3, 1, 2, 3, 3), e = rep(c(0, 2, 0, 12), c(5, 5, 4, 2)))
a$era <- ifelse(a$t < 3, "early", ifelse(a$t > 10, "late", "mid")); wr(a, "alone")  # invented: groups that are not at risk at any event

# ---- quantiles and restricted means with clusters and estimators, which the helpers do not pass on
sf_text <- function(ds, time, event, value, entry, group, weights, estimator, cluster, conf_type) km_code(ds, time, event, value, entry, group, weights, conf_type, 0.95, estimator, cluster, NULL, TRUE)
quant <- function(id, ds, time, event, value = 1, probs = c(.25, .5, .75), entry = NULL, group = NULL, weights = NULL, estimator = "kaplan-meier", cluster = NULL, conf_type = "log") {
  code <- paste0(sf_text(ds, time, event, value, entry, group, weights, estimator, cluster, conf_type), sprintf("; q <- quantile(fit, probs = c(%s), conf.int = TRUE)", paste(probs, collapse = ", ")))
  r <- run_code(code); sf <- r$env$fit; q <- lapply(r$env$q, function(z) if (is.matrix(z)) z else matrix(z, nrow = 1)); gl <- sf_groups(sf)
  curves <- lapply(seq_along(gl), function(g) drop_null(list(label = gl[[g]]$label, n = sf$n[g], events = sum(sf$n.event[gl[[g]]$idx]), quantile = I(q$quantile[g, ]), lower = I(q$lower[g, ]), upper = I(q$upper[g, ]))))
  add_case(id, "km.quantiles", ds, km_options(time, event, value, entry, group, weights, conf_type, .95, estimator, cluster, NULL, TRUE, list(probs = I(probs))), with_diag(list(curves = curves), r), tolh(1e-9, 1e-9), code) }
rmst <- function(id, ds, time, event, value = 1, tau, entry = NULL, group = NULL, weights = NULL, estimator = "kaplan-meier", cluster = NULL, robust = NULL) {
  code <- paste0(km_code(ds, time, event, value, entry, group, weights, "log", .95, estimator, cluster, robust, TRUE), sprintf("; tab <- summary(fit, rmean = %s)$table", tau))
  r <- run_code(code); tab <- r$env$tab; ex <- list()
  if (!is.null(tab)) { if (!is.matrix(tab)) tab <- matrix(tab, nrow = 1, dimnames = list(NULL, names(tab))); gl <- sf_groups(r$env$fit); cn <- colnames(tab)
    ex$curves <- lapply(seq_along(gl), function(g) drop_null(list(label = gl[[g]]$label, rmst = unname(tab[g, grep("^\\*?rmean", cn)]), std_err = unname(tab[g, grep("se\\(rmean", cn)])))) }
  add_case(id, "km.rmst", ds, km_options(time, event, value, entry, group, weights, NULL, NULL, estimator, cluster, robust, TRUE, list(tau = tau)), with_diag(ex, r), tolh(1e-9, 1e-10), code) }

# ---- survival curves and rank tests
km_case("km-transplant-abo", "transplant", "futime", "event", "ltx", group = c("sex", "abo"), conf_type = "logit", conf_level = .9)
km_case("km-bladder2-weighted", "bladder2", "stop", "event", 1, entry = "start", group = "rx", weights = "wf", cluster = "id", conf_type = "log-log", brief = TRUE)
km_case("km-cgd-fh", "cgd", "tstop", "status", 1, entry = "tstart", group = "treat", weights = "wi", estimator = "fleming-harrington", conf_type = "arcsin")
km_land("kml-transplant-entry", "transplant", "futime", "event", "ltx", times = c(365, 0, 30, 1000), entry = "ent", conf_type = "log-log", conf_level = .99, note = "rows with entry = exit: R leaves them out with a warning")
km_land("kml-heart-robust", "heart", "stop", "event", 1, times = c(1, 10, 100, 400), entry = "start", group = "surgery", cluster = "id")
quant("kmq-retinopathy-cluster", "retinopathy", "futime", "status", group = "trt", cluster = "id", conf_type = "plain")
quant("kmq-kidney-nelson-aalen-robust", "kidney", "time", "status", group = "sex", weights = "wf", cluster = "clu", estimator = "nelson-aalen")
rmst("rmst-bladder2-entry", "bladder2", "stop", "event", tau = 30, entry = "start", group = "rx"); rmst("rmst-bladder2-cluster", "bladder2", "stop", "event", tau = 30, entry = "start", group = "rx", cluster = "id")
rmst("rmst-heart-nelson-aalen", "heart", "stop", "event", tau = 400, entry = "start", estimator = "nelson-aalen"); rmst("rmst-cgd-robust-without-id", "cgd", "tstop", "status", tau = 300, entry = "tstart", robust = TRUE)
km_quant("rev-rats", "rats", "time", "status", 1, group = "rx", reverse = TRUE, weights = "wi")
lr_case("lr-transplant-abo-strata", "transplant", "futime", "event", "ltx", "abo", strata = "sex", rho = .5); lr_case("lr-kidney-timefix", "kidney", "time", "status", 1, "disease", timefix = FALSE); lr_case("lr-retinopathy-two", "retinopathy", "futime", "status", 1, c("laser", "type"), rho = -1)
wlr_case("wlr-heart-fh", "heart", "stop", "event", 1, "surgery", "fleming-harrington", entry = "start", rho = .5, gamma = 1, strata = "transplant"); wlr_case("wlr-bladder2-enum", "bladder2", "stop", "event", 1, "enum", "peto-peto", entry = "start", note = "groups that are not all at risk together")
lr_trend("lrt-transplant", "transplant", "futime", "event", "death", "abo", c(1, 2, 4, 7), strata = "sex"); lr_pairwise("lrp-kidney", "kidney", "time", "status", 1, "disease", rho = 1)
lr_case("lr-alone", "alone", "t", "s", 1, "g"); lr_case("lr-alone-era", "alone", "t", "s", 1, "era", strata = "k"); wlr_case("wlr-alone-era", "alone", "t", "s", 1, "era", "gehan", entry = "e"); lr_pairwise("lrp-alone", "alone", "t", "s", 1, "g"); lr_trend("lrt-alone", "alone", "t", "s", 1, "era", 1:3, strata = "k")
# ---- Cox
CG <- list(num("age"), fac("treat", c("placebo", "rIFN-g")), num("gap")); RT <- list(num("age"), fac("size", c("<=20", "20-50", ">50")), num("nodes"))
cox_case("cox-cgd-everything", "cgd", "tstop", "status", 1, CG, terms = c("age", "treat", "gap", "age:treat"), entry = "tstart", strata = "sex", weights = "wf", cluster = "id", offset = "off", ties = "breslow")
cox_case("cox-rotterdam-robust-false", "rotterdam", "dtime", "death", 1, RT, weights = "wi", cluster = "clu", robust = FALSE); cox_case("cox-transplant-entry", "transplant", "futime", "event", "ltx", list(num("age"), fac("abo", c("A", "B", "AB", "O"))), entry = "ent")
cox_case("cox-bladder2-strata2", "bladder2", "stop", "event", 1, list(num("number"), fac("rx", 1:2)), entry = "start", strata = c("enum", "two"), cluster = "id"); cox_case("cox-kidney-runs-off", "kidney", "time", "status", 1, list(num("age"), fac("disease", c("Other", "GN", "AN", "PKD")), fac("sex", 1:2)), terms = c("age", "disease", "sex", "disease:sex"))
cox_case("cox-rats-exact", "rats", "time", "status", 1, list(fac("rx", 0:1), num("gap")), strata = "sex", ties = "exact"); cox_case("cox-heart-exact", "heart", "stop", "event", 1, list(num("age"), fac("transplant", 0:1)), entry = "start", ties = "exact")
zph_case("zph-cgd", "cgd", "tstop", "status", 1, CG, entry = "tstart", weights = "wi", strata = "sex"); resid_case("res-bladder2", "bladder2", "stop", "event", 1, list(num("number"), fac("rx", 1:2)), entry = "start", cluster = "id", ties = "breslow", nrows = 10L)
pred_case("pred-rotterdam", "rotterdam", "dtime", "death", 1, RT, strata = "chemo", newdata = list(age = c(40, 70), size = c("<=20", ">50"), nodes = c(0, 6)), times = c(100, 1000, 5000), conf_type = "log-log"); pred_case("pred-heart-offset", "heart", "stop", "event", 1, list(num("age"), fac("transplant", 0:1)), terms = c("age", "transplant", "age:transplant"), entry = "start", offset = "off", newdata = list(age = c(-5, 5), transplant = c("0", "1")), times = c(10, 100, 1000), note = "R asks for the offset of new subjects")
firth_case("firth-kidney", "kidney", "time", "status", 1, list(num("age"), fac("sex", 1:2)), ties = "efron")
# ---- competing risks
TR <- list(censored = "censored", death = "died", ltx = "transplanted", withdraw = "withdrew"); RO <- list("0" = "none", "1" = "relapse", "2" = "death"); MG <- list("0" = "cens", "1" = "pcm", "2" = "dead")
aj_case("aj-transplant", "transplant", "futime", "event", TR, group = "sex", weights = "wf", conf_type = "log-log"); aj_case("aj-mgus2-entry", "mgus2", "time", "event", MG, entry = "ent", group = "sex", conf_type = "plain", conf_level = .9, times = c(60, 12, 240)); aj_case("aj-transplant-entry", "transplant", "futime", "event", TR, entry = "ent", times = c(30, 365), note = "rows with entry = exit")
cuminc_case("ci-transplant", "transplant", "futime", "event", TR, group = "abo", strata = "sex", rho = .5, times = c(30, 365, 1000)); cuminc_case("ci-rotterdam", "rotterdam", "to_state", "state", RO, group = "size", times = c(365, 2000, 6000))
for (cs in c("died", "withdrew")) crr_case(paste0("crr-transplant-", cs), "transplant", "futime", "event", TR, cs, fnum("age"), newdata = rbind(30, 60), times = c(30, 365), note = "censorings and events at time 0")
crr_case("crr-rotterdam", "rotterdam", "to_state", "state", RO, "death", list(num("age"), num("nodes")), cengroup = "two", cov2 = list(col = 1, tf = "log(t + 1)")); fg_case("fg-mgus2", "mgus2", "time", "event", MG, "pcm", list(num("age"), fac("sex", c("F", "M"))), entry = "ent", strata = "two"); fgexp_case("fgx-mgus2", "mgus2", "time", "event", MG, "dead", entry = "ent", rows = 60L); csh_case("csh-transplant", "transplant", "futime", "event", TR, "died", list(num("age"), fac("sex", c("m", "f"))), entry = "ent")
clustered <- function(id, ds, time, event, map, cluster, times) { code <- paste(c(read_code(ds), ms_code(event, map), sprintf("fit <- survfit(Surv(%s, ev_) ~ 1, data = d, cluster = %s, conf.type = 'plain'); s <- summary(fit, times = c(%s), extend = TRUE)", time, cluster, paste(times, collapse = ", "))), collapse = "; ")
  r <- run_code(code); s <- r$env$s; cols <- match(unname(unlist(map)[-1]), r$env$fit$states); pick <- function(m) { z <- lapply(cols, function(j) I(m[, j])); names(z) <- unname(unlist(map)[-1]); z }
  add_case(id, "cif.aalen_johansen_landmarks", ds, cr_options(time, event, map, extra = list(cluster = cluster, conf_type = "plain", conf_level = .95, times = I(times))), with_diag(list(curves = list(list(time = I(s$time), cif = pick(s$pstate), std_err = pick(s$std.err), lower = pick(s$lower), upper = pick(s$upper)))), r), tolh(1e-9, 1e-11), code, "R takes no account of the clusters") }
clustered("aj-transplant-clusters", "transplant", "futime", "event", TR, "clu", c(30, 365))
# ---- parametric and interval censored
for (di in c("weibull", "lognormal")) sr_case(paste0("sr-tobin-strata-", di), "tobin", di, fnum("age", "quant"), lower = "lo", upper = "up", strata = "two"); sr_case("sr-retinopathy", "retinopathy", "loglogistic", list(num("risk"), fac("trt", 0:1)), terms = c("risk", "trt", "risk:trt"), time = "futime", event = "status", weights = "wf", newdata = list(risk = c(6, 12), trt = c("0", "1"))); sr_case("sr-veteran-intervals", "veteran_intervals", "exponential", list(fac("celltype", c("squamous", "smallcell", "adeno", "large")), num("karno")), lower = "lo", upper = "up", weights = "wi"); sr_case("sr-rats-fixed", "rats", "weibull", list(fac("rx", 0:1)), time = "time", event = "status", scale = .8)
tb_case("tb-veteran", "veteran_intervals", "lo", "up", weights = "wi", group = "trt"); tb_case("tb-tobin", "tobin", "lo", "up")
# ---- tables
chisq_case("chisq-titanic", "titanic", "Class", "Survived"); chisq_case("chisq-mtcars", "mtcars", "cyl", "gear"); fisher_case("fisher-mtcars", "mtcars", "cyl", "gear"); fisher_case("fisher-birthwt", "birthwt", "low", "ht")
ktest_case("ktest-warpbreaks", "warpbreaks", "breaks", "tension"); ktest_case("ktest-birthwt", "birthwt", "lwt", "low"); ktest_case("ktest-mtcars", "mtcars", "wt", "vs"); ptrend_case("ptrend-esoph", "esoph", "case", 1, "alcgp", c(0, 40, 80, 120)); mh_case("mh-ucb", "ucb", "Admit", "Admitted", "Gender", "Male", "Dept"); mh_case("mh-esoph", "esoph", "case", 1, "alcgp", 4, "agegp")
prop_case("prop-0-7", 0, 7, .8); two_prop_case("twoprop-0-5-3-44", 0, 5, 3, 44, .9); smd_case("smd-birthwt", "birthwt", "smoke", 1, list(age = list(type = "continuous"), race = list(type = "multilevel"), ht = list(type = "binary", one = 1)), weights = "wf")
# ---- logistic, weighting, matching
glm_case("glm-infert-zero-weights", "infert", "case", 1, list(num("age"), fac("spontaneous", 0:2)), weights = "wz", profile = FALSE); glm_case("glm-mtcars-separated", "mtcars", "am", 1, list(num("mpg"), fac("cyl", c(4, 6, 8)), fac("vs", 0:1)), note = "separation"); glm_case("glm-birthwt", "birthwt", "low", 1, list(num("lwt"), fac("race", 1:3), fac("smoke", 0:1)), terms = c("lwt", "race", "smoke", "race:smoke"))
firth_logit_case("flogit-mtcars-two-maxima", "mtcars", "am", 1, list(num("hp"), num("mpg"), fac("cyl", c(4, 6, 8))), note = "held at -31.8, the coefficient of cyl[8] leaves the others two maxima"); firth_logit_case("flogit-mtcars", "mtcars", "am", 1, list(num("mpg"), fac("vs", 0:1))); ipw_case("iptw-rotterdam", "rotterdam", "chemo", 1, list(num("age"), fac("size", c("<=20", "20-50", ">50"))), time = "dtime", event = "death", times = c(1000, 3000)); match_case("match-birthwt", "birthwt", "smoke", 1, list(num("age"), num("lwt")), caliper = NULL, m_order = "data"); match_case("match-mtcars-replace", "mtcars", "vs", 1, list(num("hp"), num("mpg"), fac("cyl", c(4, 6, 8))), caliper = .5, m_order = "data", ratio = 2, replace = TRUE)
write_cases("more")
