//! Services and the tree over them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::{core, invalid, page, page::PageInfo, refuse, user};
use crate::{
    domain::{
        health::{
            Criticality, Service, Status,
            reporter::{self, SilentReporter},
        },
        hierarchy::{ServicePath, tree},
        text::clean_line,
        time::{HOUR, Timestamp},
    },
    server::{
        service::IncidentFilter,
        wire::{
            Time,
            health::ServiceView,
            sla::{IncidentView, ServiceDetailView},
        },
    },
};

/// How far incidents look back when nobody says, in hours.
const INCIDENT_HOURS: u32 = 720;
/// How far they look back at most: as long as history is kept, in hours.
const MOST_INCIDENT_HOURS: u32 = 9_600;

/// Queries on services.
#[derive(Default)]
pub struct HealthQuery;

/// Which services. What is left out does not filter.
#[derive(InputObject, Default)]
pub struct ServiceFilter {
    /// On this node or below it.
    under: Option<String>,
    /// With one of these statuses.
    status: Option<Vec<String>>,
    /// With one of these criticalities.
    criticality: Option<Vec<String>>,
    /// Owned by this team.
    team: Option<String>,
    /// Carrying this tag.
    tag: Option<String>,
    /// In this SLA group.
    sla_group: Option<String>,
    /// Whose path or label holds this text, in any case.
    text: Option<String>,
}

/// A page of services, by path.
#[derive(SimpleObject)]
pub struct ServicePage {
    /// The rows.
    nodes: Vec<ServiceView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

/// Which incidents. What is left out does not filter.
#[derive(InputObject, Default)]
pub struct IncidentsFilter {
    /// On this service, or under this node.
    under: Option<String>,
    /// Only those that last.
    open: Option<bool>,
    /// Only those that were as bad as this at their worst.
    worst: Option<String>,
    /// How far to look back, in hours: 720 when left out, 9,600 at most.
    hours_back: Option<u32>,
}

/// A page of incidents.
#[derive(SimpleObject)]
pub struct IncidentPage {
    /// The rows.
    nodes: Vec<IncidentView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

/// A reporter that is not heard of.
#[derive(SimpleObject)]
#[graphql(name = "SilentReporter")]
pub struct SilentReporterView {
    /// Who: an agent's node, `cronjob/` and the declared job that pushes, or a key and the cluster it is used for.
    name: String,
    /// Since when nobody knows about the first of its services.
    from: Time,
    /// On how many services it reported in all.
    of: u32,
    /// Paths of those that nobody hears of.
    services: Vec<String>,
}

/// A page of silent reporters.
#[derive(SimpleObject)]
pub struct SilentReporterPage {
    /// The rows.
    nodes: Vec<SilentReporterView>,
    /// How many there are on all pages.
    total_count: u64,
    /// Where this page ends.
    page_info: PageInfo,
}

impl SilentReporterView {
    fn new(silent: &SilentReporter<'_>) -> Self {
        Self {
            name: silent.name.to_owned(),
            from: Time(silent.from),
            of: u32::try_from(silent.of).unwrap_or(u32::MAX),
            services: silent.services.iter().map(|s| s.path.as_str().to_owned()).collect(),
        }
    }
}

/// A place above services, with its roll-up.
#[derive(SimpleObject)]
pub struct Node {
    /// One to four segments.
    path: String,
    /// `organization`, `platform`, `environment` or `cluster`.
    level: &'static str,
    /// The worst status below.
    status: &'static str,
    /// How many services have each status.
    counts: Vec<StatusCount>,
    /// Path of the service that explains the status.
    because: Option<String>,
}

/// How many have a status.
#[derive(SimpleObject)]
pub struct StatusCount {
    /// The status.
    status: &'static str,
    /// How many.
    count: u32,
}

#[Object]
impl HealthQuery {
    /// Services, by path.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn services(
        &self,
        ctx: &Context<'_>,
        filter: Option<ServiceFilter>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<ServicePage> {
        user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let after = page::key(ctx, after)?;
        let wanted = Wanted::new(filter.unwrap_or_default()).map_err(|why| invalid(ctx, why))?;
        let (found, total) = core(ctx)?.read(|estate| wanted.page(estate.services.values(), after, rows)).await;
        let has_next_page = found.len() > rows;
        let nodes: Vec<_> = found.into_iter().take(rows).collect();
        let end_cursor = nodes.last().map(|s| page::cursor(s.path.as_str()));
        Ok(ServicePage {
            nodes: nodes.into_iter().map(Into::into).collect(),
            total_count: total,
            page_info: PageInfo { has_next_page, end_cursor },
        })
    }

    /// One service with its past.
    #[graphql(complexity = "50 + child_complexity")]
    async fn service(&self, ctx: &Context<'_>, path: String) -> Result<ServiceDetailView> {
        user(ctx)?;
        let path = ServicePath::parse(&path).map_err(|why| invalid(ctx, clean_line(&why)))?;
        let core = core(ctx)?;
        let detail = core.service_detail(&path).await.map_err(|e| refuse(ctx, e))?;
        let service = core.read(|estate| estate.services.get(&path).cloned()).await;
        Ok(ServiceDetailView::new(detail, service))
    }

    /// Times of trouble, newest first.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn incidents(
        &self,
        ctx: &Context<'_>,
        filter: Option<IncidentsFilter>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<IncidentPage> {
        user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let after = page::key(ctx, after)?;
        let begin = |key: String| {
            let (at, path) = key.split_once(' ')?;
            Some((Timestamp::from_ms(at.parse().ok()?), path.to_owned()))
        };
        let not_ours = || invalid(ctx, "`after` is not a cursor of this list");
        let after = after.map(|key| begin(key).ok_or_else(not_ours)).transpose()?;
        let filter = filter.unwrap_or_default();
        let worst = filter.worst.as_ref().map(|word| Status::parse(word).ok_or_else(|| not_a("status", word)));
        let worst = worst.transpose().map_err(|why| invalid(ctx, why))?;
        let core = core(ctx)?;
        let hours = i64::from(filter.hours_back.unwrap_or(INCIDENT_HOURS).clamp(1, MOST_INCIDENT_HOURS));
        let since = core.world().now().plus(-hours * HOUR);
        let under = filter.under.map(|u| u.trim_matches('/').to_owned());
        let wanted = IncidentFilter { under, open: filter.open.unwrap_or(false), worst };
        let page = core.incident_page(since, &wanted, after, rows + 1).await;
        let (mut found, total_count) = page.map_err(|e| refuse(ctx, e))?;
        let has_next_page = found.len() > rows;
        found.truncate(rows);
        let end_cursor = found.last().map(|i| page::cursor(&format!("{} {}", i.from.ms(), i.path)));
        Ok(IncidentPage {
            nodes: found.into_iter().map(Into::into).collect(),
            total_count,
            page_info: PageInfo { has_next_page, end_cursor },
        })
    }

    /// Reporters of whom some or all services were not heard of, by name.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn silent_reporters(
        &self,
        ctx: &Context<'_>,
        first: Option<u32>,
        after: Option<String>,
    ) -> Result<SilentReporterPage> {
        user(ctx)?;
        let rows = page::rows(ctx, first)?;
        let after = page::key(ctx, after)?;
        let found: Vec<SilentReporterView> = core(ctx)?
            .read(|estate| {
                let silent = reporter::silent(estate.services.values());
                silent.iter().map(SilentReporterView::new).collect()
            })
            .await;
        let page::Cut { nodes, total_count, page_info } =
            page::cut(found, after.as_ref(), rows, |silent| silent.name.clone(), String::clone);
        Ok(SilentReporterPage { nodes, total_count, page_info })
    }

    /// The tree above services, parents before their children.
    #[graphql(complexity = "100 * child_complexity")]
    async fn nodes(&self, ctx: &Context<'_>, under: Option<String>) -> Result<Vec<Node>> {
        user(ctx)?;
        let under = under.as_deref().map(crate::domain::hierarchy::NodePath::parse).transpose();
        let under = under.map_err(|why| invalid(ctx, clean_line(&why)))?;
        let rolled = core(ctx)?.read(|estate| tree::nodes(estate.services.values())).await;
        let count = |counted: crate::domain::health::Counted| {
            let one = |status: Status| StatusCount { status: status.word(), count: counted.of(status) };
            Status::ALL.into_iter().map(one).collect()
        };
        Ok(rolled
            .into_iter()
            .filter(|(path, _)| under.as_ref().is_none_or(|under| path.is_within(under)))
            .map(|(path, roll)| Node {
                level: path.level(),
                path: path.as_str().to_owned(),
                status: roll.status.word(),
                counts: count(roll.counted),
                because: roll.because.map(|p| p.as_str().to_owned()),
            })
            .collect())
    }
}

/// A filter whose words are understood.
struct Wanted {
    under: Option<String>,
    status: Option<Vec<Status>>,
    criticality: Option<Vec<Criticality>>,
    team: Option<String>,
    tag: Option<String>,
    sla_group: Option<String>,
    text: Option<String>,
}

impl Wanted {
    fn new(filter: ServiceFilter) -> Result<Self, String> {
        let statuses = filter.status.map(|words| {
            words.iter().map(|w| Status::parse(w).ok_or_else(|| not_a("status", w))).collect::<Result<Vec<_>, _>>()
        });
        let criticalities = filter.criticality.map(|words| {
            let parse = |w: &String| Criticality::parse(w).ok_or_else(|| not_a("criticality", w));
            words.iter().map(parse).collect::<Result<Vec<_>, _>>()
        });
        Ok(Self {
            under: filter.under.map(|u| u.trim_matches('/').to_owned()),
            status: statuses.transpose()?,
            criticality: criticalities.transpose()?,
            team: filter.team,
            tag: filter.tag,
            sla_group: filter.sla_group,
            text: filter.text.map(|t| t.to_lowercase()),
        })
    }

    fn admits(&self, s: &Service) -> bool {
        let path = s.path.as_str();
        let under = |u: &String| path == u || path.strip_prefix(u.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.under.as_ref().is_none_or(under)
            && self.status.as_ref().is_none_or(|all| all.contains(&s.health.status))
            && self.criticality.as_ref().is_none_or(|all| all.contains(&s.criticality))
            && self.team.as_ref().is_none_or(|team| *team == s.team)
            && self.tag.as_ref().is_none_or(|tag| s.tags.contains(tag))
            && self.sla_group.as_ref().is_none_or(|group| s.sla_group.as_ref() == Some(group))
            && self
                .text
                .as_ref()
                .is_none_or(|text| path.to_lowercase().contains(text) || s.display_name.to_lowercase().contains(text))
    }

    /// One row more than asked for, which says whether there is a next page, and how many there are in all.
    fn page<'a>(
        &self,
        services: impl Iterator<Item = &'a Service>,
        after: Option<String>,
        rows: usize,
    ) -> (Vec<Service>, u64) {
        let (mut found, mut total) = (Vec::new(), 0);
        for service in services.filter(|s| self.admits(s)) {
            total += 1;
            let beyond = after.as_ref().is_none_or(|after| service.path.as_str() > after.as_str());
            if beyond && found.len() <= rows {
                found.push(service.clone());
            }
        }
        (found, total)
    }
}

/// What to say about a word that is none of a list.
pub(super) fn not_a(what: &str, word: &str) -> String {
    let word: String = clean_line(word).chars().take(40).collect();
    format!("`{word}` is not a {what}")
}
